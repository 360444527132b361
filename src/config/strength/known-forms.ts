/** Patterns, each with the kind of text or bytes that it matches. */
type Forms = readonly (readonly [pattern: RegExp, kind: string])[];

/** A group of texts that people mistake for a key, and its message. */
interface FormGroup {
  readonly message: (kind: string) => string;
  /** What to do instead of making another key. */
  readonly fix?: string;
  readonly texts: Forms;
  /** The same for binary forms: matches the decoded bytes as Latin-1. */
  readonly bytes: Forms;
}

/** The label of a PEM block, wherever it begins and however its lines are broken. */
const pem = (label: string) => new RegExp(`-{4,5} ?BEGIN (?:[A-Z0-9]+ )*?(?:${label}) ?-{4,5}`);

/** The beginning of a SEQUENCE in DER: its parts, each with a length of one to three bytes. */
const der = (...parts: readonly string[]) => {
  const length = '(?:[\\0-\\x7f]|\\x81[^]|\\x82[^][^])';
  return new RegExp(`^0${length}${parts.map((part) => part.replace('<length>', length)).join('')}`);
};

const CIPHERTEXT: FormGroup = {
  message: (kind) => `is not a secret: it is ciphertext (${kind})`,
  fix: 'decrypt it before the service starts',
  texts: [
    [/^encrypted:[\w+/]/, 'dotenvx'],
    [/\bENC\[AES256_GCM,/, 'SOPS'],
    [/\bENC\[(?:PKCS7|GPG|G?KMS),/, 'eyaml'],
    [/^ENC\(.+\)$/, 'Jasypt'],
    [/^vault:v\d+:/, 'Vault'],
    [/\$ANSIBLE_VAULT;/, 'Ansible Vault'],
    [/^\{cipher\}/, 'Spring Cloud Config'],
    [/^!\[[\w+/=]+\]$/, 'Mule'],
    [/^EJ\[\d:/, 'EJSON'],
    [/^v1:[\w+/]{16}:[\w+/]/, 'Pulumi'],
    [/^[\w+/]+={0,2}--[\w+/]{16}--[\w+/]{22}==$/, 'Rails'],
    [/^eyJpdiI6/, 'Laravel'],
    [/^gAAAAA[\w-]{94}/, 'Fernet'],
    [/^U2FsdGVkX1/, 'OpenSSL'],
    [/^AQICAH[\w+/]{60}/, 'AWS KMS'],
    [/^Ag[A-D][\w+/]{700}/, 'Sealed Secrets'],
    [/^AQAAANCMnd8BFdERjHoAwE/, 'DPAPI'],
    [/^eyJ[\w-]+(?:\.[\w-]*){4}$/, 'JWE'],
    [/^age-encryption\.org\//, 'age'],
    [pem('ENCRYPTED FILE'), 'age'],
    [pem('MESSAGE'), 'PGP'],
    [pem('ENCRYPTED PRIVATE KEY'), 'PEM'],
  ],
  bytes: [
    [der('0<length>', '\\x06\\x09\\*\\x86H\\x86\\xf7\\r\\x01\\x05'), 'PKCS #8'],
    [/^\n\$\0[^]{61}/, 'Google Cloud KMS'],
  ],
};

const PRIVATE_KEY: FormGroup = {
  message: (kind) => `is the private key of a key pair (${kind}), which serves another purpose`,
  texts: [
    [pem('PRIVATE KEY(?: BLOCK)?'), 'PEM'],
    [/^(?=[^]*["']d["']\s*:)[^]*["']kty["']\s*:\s*["'](?:RSA|EC|OKP)["']/, 'JWK'],
    [/^AGE-SECRET-KEY-1/, 'age'],
    [/^PuTTY-User-Key-File/, 'PuTTY'],
    [/^(?:nsec1[a-z0-9]{58}|[xyz]prv[A-Za-z0-9]{107})$/, 'wallet'],
  ],
  bytes: [
    [der('\\x02\\x01\\0[0\\x02]'), 'DER'],
    [der('\\x02\\x01\\x01\\x04'), 'DER'],
    [/^openssh-key-v1\0/, 'OpenSSH'],
  ],
};

const PUBLIC: FormGroup = {
  message: (kind) => `is not a secret: it is ${kind}`,
  texts: [
    [pem('PUBLIC KEY(?: BLOCK)?'), 'a public key (PEM)'],
    [pem('CERTIFICATE REQUEST'), 'a certificate request (PEM)'],
    [pem('CERTIFICATE|PKCS7|CMS|CRL'), 'a certificate (PEM)'],
    [pem('PARAMETERS|SIGNATURE|SIGNED MESSAGE'), 'a public part of a key pair (PEM)'],
    [/(?:^|\s)(?:sk-)?(?:ssh|ecdsa)-[\w@.-]+ +AAAA[\w+/]/, 'an SSH public key'],
    [/["']kty["']\s*:\s*["'](?:RSA|EC|OKP)["']/, 'a public JWK'],
    [/^age1[a-z0-9]{50,}$/, 'an age recipient'],
    [/\b(?:minisign|signify) public key\b/, 'a public key'],
    [/^(?:v=DKIM1|p=MI)/, 'a public key (DKIM)'],
    [/^(?:npub1[a-z0-9]{58}|[xyz]pub[A-Za-z0-9]{107})$/, 'a public key'],
    [/^pk_(?:live|test)_/, 'a publishable key'],
    [/^(?:MD5|SHA-?(?:1|224|256|384|512))[:-]\S/i, 'a fingerprint'],
    [/^eyJ[\w-]+\.[\w-]+\./, 'a JSON Web Token'],
  ],
  bytes: [
    [der('0<length>', '\\x06'), 'a public key (DER)'],
    [der('\\x02[\\x81\\x82]'), 'a public key (DER)'],
    [der('0<length>', '\\x02\\x01\\x000'), 'a certificate request (DER)'],
    [der('0<length>', '(?:\\xa0\\x03\\x02\\x01|\\x02)'), 'a certificate (DER)'],
    [/^\0\0\0[^](?:sk-)?(?:ssh|ecdsa)-/, 'an SSH public key'],
  ],
};

const PASSWORD_HASH: FormGroup = {
  message: (kind) => `is not a secret: it is a password hash (${kind})`,
  texts: [
    [/\$2[abxy]?\$\d\d\$[./\w]{50}/, 'bcrypt'],
    [/\$argon2(?:id|i|d)\$/, 'argon2'],
    [/^(?:\$scrypt\$|\$7\$[./\w]{10}|scrypt:\d+:\d+:\d+\$)/, 'scrypt'],
    [/^(?:\$pbkdf2\b|pbkdf2[:_]|\{PBKDF2)/i, 'PBKDF2'],
    [/(?:^|:)\$(?:1|5|6|y|gy|md5|sha1|apr1)\$[^$]+\$(?:[^$]+\$)?[./\w]{20}/, 'crypt'],
    [/^\$[SPH]\$[./\w]{28}/, 'phpass'],
    [/(?:^|:)\{(?:S?(?:SHA|MD5)\d*|CRYPT|bcrypt|scrypt|argon2|noop)\}/i, 'LDAP'],
    [/^SCRAM-SHA-\d+\$/, 'SCRAM'],
    [/^(?:sha1|md5|bcrypt_sha256|bcrypt|argon2)\$/, 'Django'],
    [/^AQAAAA[EI]AA[\w+/]{50}/, 'ASP.NET'],
    [/^md5[\da-f]{32}$/, 'PostgreSQL'],
    [/^\*[\dA-F]{40}$/, 'MySQL'],
  ],
  bytes: [],
};

const REFERENCE: FormGroup = {
  message: (kind) => `is not a secret: it only refers to one (${kind})`,
  fix: 'start the service with the tool that resolves it',
  texts: [
    [/^(?:op|ref\+[a-z]+|ssm|awssm|gcpsm|azurekv|bws|infisical|akeyless):\/\//, 'URL'],
    [/^arn:aws[\w-]*:/, 'AWS'],
    [/^projects\/[^/]+\/secrets\//, 'Google Cloud'],
  ],
  bytes: [],
};

/** In order of precedence: an encrypted private key is ciphertext, and a full key pair is private. */
const GROUPS = [CIPHERTEXT, PRIVATE_KEY, PUBLIC, PASSWORD_HASH, REFERENCE];

/** Enough bytes for all binary patterns. */
const HEAD_BYTES = 64;

/** What a text is instead of a key, if its form is known. */
export function knownForm(
  text: string,
  bytes: Buffer | undefined,
): { readonly message: string; readonly fix?: string } | undefined {
  const head = bytes?.toString('latin1', 0, HEAD_BYTES);
  for (const { message, fix, texts, bytes: encoded } of GROUPS) {
    const [, kind] =
      texts.find(([pattern]) => pattern.test(text)) ??
      encoded.find(([pattern]) => head !== undefined && pattern.test(head)) ??
      [];
    if (kind !== undefined) return { message: message(kind), ...(fix ? { fix } : {}) };
  }
  return undefined;
}
