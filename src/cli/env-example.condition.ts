import type { Branch, RuleDescription } from '../config/model/rule-description.js';

/** The conditions under which `.when()` changes whether a setting is required, such as 'required when MODE is live'. */
export function conditionsOf(rule: RuleDescription): string[] {
  const usual = rule.flags?.presence ?? (rule.flags?.default === undefined ? 'required' : 'optional');
  const cases = [...(rule.whens ?? []), ...(rule.matches ?? [])].flatMap(casesOf);
  return cases
    .filter(({ presence }) => presence !== usual)
    .map(({ presence, condition }) => `${WORDS[presence] ?? presence} ${condition}`);
}

const WORDS: Readonly<Record<string, string>> = { forbidden: 'must not be set' };

interface Case {
  readonly presence: string;
  readonly condition: string;
}

function casesOf(branch: Branch): Case[] {
  if (branch.ref === undefined) return [];
  const name = branch.ref.path.join('.');
  const others = branch.switch === undefined ? `unless ${name} ${testOf(branch)}` : `for any other ${name}`;
  return (branch.switch ?? [branch]).flatMap((test) => [
    ...caseOf(test.then, `when ${name} ${testOf(test)}`),
    ...caseOf(test.otherwise, others),
  ]);
}

/** The presence that a rule sets itself, and under nested conditions. */
function caseOf(rule: RuleDescription | undefined, condition: string): Case[] {
  const presence = rule?.flags?.presence;
  const inner = (rule?.whens ?? []).flatMap(casesOf).map((each) => ({
    ...each,
    condition: `${condition} and ${each.condition.replace(/^when /, '')}`,
  }));
  return [...(presence === undefined ? [] : [{ presence, condition }]), ...inner];
}

function testOf({ is }: Branch): string {
  const values = (is?.allow ?? []).filter((value) => typeof value !== 'object' || value === null);
  if (is?.flags?.only === true && values.length > 0) return `is ${values.join(' or ')}`;
  return is?.type === 'any' && is.flags?.presence === 'required'
    ? 'is set'
    : 'has the value that the class requires';
}
