import { describe, expect, it } from 'vitest';
import { FleetNode, forgeriesOf, KINDS, type Credential, type Kind } from './support/fleet.js';
import { Random } from './support/random.js';
import { runs } from './support/runs.js';

const NODES = 6;
const SEEDS = Array.from({ length: runs(200) }, (_, run) => run + 1);

type KeyName = 'A' | 'B';
/** The keys of the nodes in a stage, with the signing key first. */
type Stage = readonly KeyName[];

const GUIDE: readonly Stage[] = [['A'], ['A', 'B'], ['B', 'A'], ['B']];

interface Issued {
  readonly credential: Credential;
  readonly by: KeyName;
}

/** How many credentials were presented to the nodes, by kind. */
type Counts = Record<Kind, number>;
const none = (): Counts => ({ token: 0, cookie: 0, signature: 0 });

/**
 * A fleet that rotates its key while it serves: all nodes finish a stage before the next one starts, the
 * nodes restart one by one in random order in each stage, and all nodes get requests between two restarts.
 */
class Rotation {
  /** Valid credentials that were accepted, and those of them accepted by nodes that sign with another key. */
  readonly valid = none();
  readonly acrossKeys = none();
  /** Refused credentials: forged ones, and ones signed by a removed key. */
  readonly forged = none();
  readonly retired = none();
  /** Unexpected results, with the seed that reproduces them. */
  readonly refusals: string[] = [];
  readonly acceptances: string[] = [];

  private readonly random: Random;
  private readonly keys: Record<KeyName, string>;
  private readonly nodes: FleetNode[];
  private readonly stranger: FleetNode;
  private live: Issued[] = [];
  private expired: Issued[] = [];

  constructor(
    private readonly seed: number,
    private readonly stages: readonly Stage[],
    private readonly waitsForExpiry = true,
  ) {
    this.random = new Random(seed);
    this.keys = { A: this.random.key(), B: this.random.key() };
    this.stranger = new FleetNode([this.random.key()]);
    this.nodes = Array.from({ length: NODES }, () => new FleetNode(this.keysOf(stages[0]!)));
  }

  run(): this {
    this.serve();
    for (const stage of this.stages.slice(1)) {
      if (this.waitsForExpiry) this.expireUnless(stage);
      for (const node of this.random.shuffled(this.nodes)) {
        node.restart(this.keysOf(stage));
        this.serve();
      }
    }
    return this;
  }

  /** The guide's rule: a key is removed only after all its credentials have expired. */
  private expireUnless(stage: Stage): void {
    this.expired.push(...this.live.filter(({ by }) => !stage.includes(by)));
    this.live = this.live.filter(({ by }) => stage.includes(by));
  }

  private serve(): void {
    for (const kind of KINDS) {
      const issuer = this.random.pick(this.nodes);
      const subject = `user-${this.random.below(1e6)}`;
      const issued = { credential: issuer.issue(kind, subject), by: this.nameOf(issuer.keys[0]!) };
      this.live.push(issued);
      for (const node of this.nodes) this.present(issued, node);
      for (let older = 0; older < 3; older++) this.present(this.random.pick(this.live), this.anyNode());

      const forgeries = forgeriesOf(issued.credential, issuer, this.stranger);
      for (const forgery of forgeries) this.presentBad(forgery, this.anyNode(), this.forged, 'a forged');
    }
    const retiring = this.nodes.filter(({ keys }) => !keys.includes(this.keys.A));
    if (retiring.length === 0) return;
    const holder = new FleetNode([this.keys.A]);
    const signed = [
      ...KINDS.map((kind) => holder.issue(kind, 'root')),
      ...this.random
        .shuffled(this.expired)
        .slice(0, 6)
        .map(({ credential }) => credential),
    ];
    for (const old of signed) this.presentBad(old, this.random.pick(retiring), this.retired, 'a retired');
  }

  private present({ credential, by }: Issued, node: FleetNode): void {
    if (!node.accepts(credential)) {
      this.refusals.push(`seed ${this.seed}: ${this.nameOfNode(node)} refused a ${credential.kind} of ${by}`);
      return;
    }
    this.valid[credential.kind]++;
    if (node.keys[0] !== this.keys[by]) this.acrossKeys[credential.kind]++;
  }

  private presentBad(credential: Credential, node: FleetNode, refused: Counts, what: string): void {
    const { kind, proof } = credential;
    if (node.accepts(credential)) {
      this.acceptances.push(`seed ${this.seed}: ${this.nameOfNode(node)} accepted ${what} ${kind}: ${proof}`);
    } else refused[kind]++;
  }

  private anyNode(): FleetNode {
    return this.random.pick(this.nodes);
  }

  private keysOf(stage: Stage): string[] {
    return stage.map((name) => this.keys[name]);
  }

  private nameOf(key: string): KeyName {
    return key === this.keys.A ? 'A' : 'B';
  }

  private nameOfNode(node: FleetNode): string {
    return `a node at [${node.keys.map((key) => this.nameOf(key)).join()}]`;
  }
}

describe(`${NODES} nodes that rotate from key A to key B while they serve`, () => {
  it(`accept all valid credentials and refuse all others, in ${SEEDS.length} rotations`, () => {
    const total = { valid: none(), acrossKeys: none(), forged: none(), retired: none() };
    for (const seed of SEEDS) {
      const rotation = new Rotation(seed, GUIDE).run();
      expect(rotation.refusals).toEqual([]);
      expect(rotation.acceptances).toEqual([]);
      for (const counts of Object.keys(total) as (keyof typeof total)[]) {
        for (const kind of KINDS) total[counts][kind] += rotation[counts][kind];
      }
    }
    for (const kind of KINDS) {
      expect(total.valid[kind]).toBeGreaterThan(runs(30_000));
      expect(total.acrossKeys[kind]).toBeGreaterThan(runs(3_000));
      expect(total.forged[kind]).toBeGreaterThan(runs(15_000));
      expect(total.retired[kind]).toBeGreaterThan(runs(2_000));
    }
  });

  it('refuse valid credentials if they skip the stage that only accepts B', () => {
    const skipping = GUIDE.filter((stage) => stage.join() !== 'A,B');
    for (const seed of SEEDS.slice(0, 20)) {
      const { refusals, acceptances } = new Rotation(seed, skipping).run();
      expect(refusals.length).toBeGreaterThan(10);
      for (const refusal of refusals) expect(refusal).toMatch(/a node at \[A\] refused a \w+ of B$/);
      expect(acceptances).toEqual([]);
    }
  });

  it('refuse valid credentials if A is removed before all its credentials have expired', () => {
    for (const seed of SEEDS.slice(0, 20)) {
      const { refusals, acceptances } = new Rotation(seed, GUIDE, false).run();
      expect(refusals.length).toBeGreaterThan(3);
      for (const refusal of refusals) expect(refusal).toMatch(/a node at \[B\] refused a \w+ of A$/);
      expect(acceptances).toEqual([]);
    }
  });
});
