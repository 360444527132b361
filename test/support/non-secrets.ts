import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';

const pemBody = (pem: string) => pem.replaceAll(/-----[^-]+-----/g, '').trim();
const base64 = (text: string | Buffer) => Buffer.from(text).toString('base64');

const PAIRS = [
  generateKeyPairSync('rsa', { modulusLength: 2048 }),
  generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  generateKeyPairSync('ed25519'),
];
const pem = (key: KeyObject, type: 'spki' | 'pkcs8' | 'pkcs1' | 'sec1') =>
  String(key.export({ type, format: 'pem' })).trim();
const RSA = PAIRS[0]!;
const EC = PAIRS[1]!;
const PUBLIC_PEMS = [...PAIRS.map(({ publicKey }) => pem(publicKey, 'spki')), pem(RSA.publicKey, 'pkcs1')];
const PRIVATE_PEMS = [
  ...PAIRS.map(({ privateKey }) => pem(privateKey, 'pkcs8')),
  pem(RSA.privateKey, 'pkcs1'),
  pem(EC.privateKey, 'sec1'),
];

const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBbjCCAROgAwIBAgIUTosu52wfPATdxcvq0mHCMhACplcwCgYIKoZIzj0EAwIw
DDEKMAgGA1UEAwwBbzAeFw0yNjExMjkxNTEwMjVaFw0yNjEyMDIxNTEwMjVaMAwx
CjAIBgNVBAMMAW8wWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATuYkcGjKW2H2YS
5TSGjLt12jCCjW7KIO+w2QKs90M4GbcNz6HcnqaA4ggo7ElGxV421jF/uyazoi5A
K2z9r56/o1MwUTAdBgNVHQ4EFgQUvXDRfB743mt6tDglG+nZOE+uPwYwHwYDVR0j
BBgwFoAUvXDRfB743mt6tDglG+nZOE+uPwYwDwYDVR0TAQH/BAUwAwEB/zAKBggq
hkjOPQQDAgNJADBGAiEA7Acu+9Vk5wX5WUaqd9nHwhipsYw8eke/aWpBbaIUSSIC
IQCCjIVLeitHhKjNxlkNmR1pqO/J7QJkavDey1OOcST2Pw==
-----END CERTIFICATE-----`;
const REQUEST = `-----BEGIN CERTIFICATE REQUEST-----
MIHGMG4CAQAwDDEKMAgGA1UEAwwBbzBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IA
BO5iRwaMpbYfZhLlNIaMu3XaMIKNbsog77DZAqz3QzgZtw3PodyepoDiCCjsSUbF
XjbWMX+7JrOiLkArbP2vnr+gADAKBggqhkjOPQQDAgNIADBFAiEAm6FH2WXa3NIa
jSZB5iVYJkoI+D8d+jyVu7Bizi4Eqk8CIFbuh8MDdpPRGTyfUB80Ket37OTYb5iw
DO3noyYfBURF
-----END CERTIFICATE REQUEST-----`;
const PGP_KEY = `-----BEGIN PGP PUBLIC KEY BLOCK-----

mDMEawxAYxYJKwYBBAHaRw8BAQdA2Z5BPvOKCSIs5zmN/AXnpW8//KZVCiMxIOQ3
ORRL8zq0BWFAYi5jiJYEExYIAD4WIQT5xhrw+qYZhtxokibFYc/zb4mjJQUCawxA
=mseA
-----END PGP PUBLIC KEY BLOCK-----`;
const PGP_MESSAGE = `-----BEGIN PGP MESSAGE-----

jA0ECQMCHNwOKhm6947/0jgBAqOK8TzHfKO7CrvUprUfrcLN3JiRz5FGEKY+nHkC
miFsYAJGA0XJ8EWtbbavYEk40Meu7L9xoA==
=B+/Y
-----END PGP MESSAGE-----`;
const SSH_KEY =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOKSKUs8r78/60rb93iVoC1YFL7EfXI1MHiuC0xe6SFZ me@host.example';
const SSH_EC_KEY =
  'ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBKpFfELRzqUg5nzvzmq9IEgW+9amZOAh7lI4NiJA2xWPB8QMYN8x3E7U/LW7WYboM6dm2a32qGYzjPhHQW7E2ZY= me@host.example';

/** Forms of a PEM in a variable: a file, one line, base64, without its first and last line, hex. */
const asKept = (text: string) => [
  text,
  text.replaceAll('\n', String.raw`\n`),
  text.replaceAll('\n', ' '),
  base64(`${text}\n`),
  pemBody(text),
  pemBody(text).replaceAll('\n', ''),
  Buffer.from(pemBody(text), 'base64').toString('hex'),
];

const jwk = (key: KeyObject, more: object = {}) =>
  JSON.stringify({ ...key.export({ format: 'jwk' }), ...more });
const digest = (algorithm: string, text: string) => createHash(algorithm).update(text).digest();

/** All spellings of a digest that commands and languages print. */
const spellings = (bytes: Buffer) => [
  bytes.toString('hex'),
  bytes.toString('hex').toUpperCase(),
  bytes.toString('base64'),
  bytes.toString('base64url'),
  base64(`${bytes.toString('hex')}\n`),
];

/** Texts that are not secrets, by the text in the report, which continues after the setting's name. */
export const NON_SECRETS: Readonly<Record<string, readonly string[]>> = {
  'it is a public key': [...PUBLIC_PEMS.flatMap(asKept), PGP_KEY, base64(PGP_KEY)],
  'it is a certificate (': [
    ...asKept(CERTIFICATE),
    `${CERTIFICATE}\n${CERTIFICATE}`,
    `subject=CN=o\n${CERTIFICATE}`,
  ],
  'it is a certificate request': asKept(REQUEST),
  'it is an SSH public key': [
    SSH_KEY,
    SSH_EC_KEY,
    SSH_KEY.split(' ')[1]!,
    `host.example ${SSH_KEY}`,
    `no-pty ${SSH_EC_KEY}`,
    base64(`${SSH_KEY}\n`),
  ],
  'it is a public JWK': [
    ...PAIRS.map(({ publicKey }) => jwk(publicKey)),
    jwk(EC.publicKey, { kid: '1', use: 'sig' }),
    JSON.stringify({ keys: PAIRS.map(({ publicKey }) => publicKey.export({ format: 'jwk' })) }),
    JSON.stringify(EC.publicKey.export({ format: 'jwk' }), undefined, 2),
    base64(jwk(RSA.publicKey)),
  ],
  'it is an age recipient': ['age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p'],
  'it is a fingerprint': [
    'SHA256:uNiVztksCsDhcc0u9e8BgrJXVGDHy6s+ImcIQ5KYCzM',
    `sha384-${digest('sha384', 'x').toString('base64')}`,
    `sha256:${digest('sha256', 'x').toString('hex')}`,
  ],
  'it is a JSON Web Token': [
    'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhZGEifQ.uvuj_QyymAeyZTASeH0teKkhTjRYTvfNGOaOIADBco0',
    'eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.uvuj_QyymAeyZTASeH0teKkhTjRYTvfNGOaOIADBco0',
  ],
  'it is ciphertext (dotenvx)': [
    'encrypted:BG8M6U+GKJGwpGA42ml2erb9+T2NBX6Z2JkBLynDy21poz0UfF5aPxCgRbIyhnQFdWKd0C9GZ7lM5PeL86xghoMcWvvPpkyQ0yaD2pZ64Rzo',
  ],
  'it is ciphertext (SOPS)': [
    'ENC[AES256_GCM,data:p673w7+Zz9cD0Vh0o9Zp4w==,iv:MFk6QfHfJ4Qd0Vh0o9Zp4w==,tag:2cV3Y2s1wQ8qYt3n==,type:str]',
  ],
  'it is ciphertext (eyaml)': ['ENC[PKCS7,MIIBeQYJKoZIhvcNAQcDoIIBajCCAWYCAQAxggEhMIIBHQIBADAFMAACAQEw]'],
  'it is ciphertext (Jasypt)': ['ENC(6YzkqBLzSTAFPIWGVUvNQGCjSSzQpYwr0eEvjWvRbVFyUOvvZ8FCNmTAGkBn3CMe)'],
  'it is ciphertext (Vault)': ['vault:v1:8SDd3WHDOjf7mq69CyCqYjBXAiQQAVZRkFM13ok481zoCmHnSeDX9vyf7w=='],
  'it is ciphertext (Ansible Vault)': [
    '$ANSIBLE_VAULT;1.1;AES256\n62313365396662343061393464336163383764373764613633653634306231386433626436623361\n6134333665353966363534333632666535333761666131620a663537646436643839616531643561',
    '!vault |\n  $ANSIBLE_VAULT;1.2;AES256;prod\n  30613233633461343837653833666333643061636561303338373661313838333565653635353162',
  ],
  'it is ciphertext (Spring Cloud Config)': [
    '{cipher}682bc583f4641835fa2db009355293665d2647dade3375c0ee201de2a49f7bda',
  ],
  'it is ciphertext (Rails)': [
    'QkxwS2hUT1ZxR3JzYjZ0Zg5lQXo2T1BoZ3dLd1RnQ1h0Zw==--5gEUOF/5YPw8vUqM--hcJl3mpG/eHqZ8nZkGJx7A==',
  ],
  'it is ciphertext (Laravel)': [
    base64('{"iv":"x7Kq2Zt7Lw9v5sQb1aRz8g==","value":"bm8gc2VjcmV0","mac":"00"}'),
  ],
  'it is ciphertext (Fernet)': [
    'gAAAAABjZ2V0J4Yx0m1P8nqvEw3Lh2Zr7dKtFQy5uXcW9sBaUoGi6pTMRkNeVHjDlSfCzIgAbOqwrtyuiopasdfghjklzxcvbnmQWERTYUIO==',
  ],
  'it is ciphertext (OpenSSL)': [
    'U2FsdGVkX18N6sAOH3VFHEs1/AOttzJJQ5XYaFjb3aGEEMbp0t0SrGS0ICPBQt/j/BV05q18Mry1H4rxpTv9bQ==',
  ],
  'it is ciphertext (EJSON)': [
    'EJ[1:WGj2t4znULHT1IRveMEdvvNXqZzNBNMsJ5iZVy6Dvxs=:kA6ekF8ViYR5ZLeSmMXWsdLfWr7wn9qS:fcHQtdt6nqcNOXa97/M278RX6w==]',
  ],
  'it is ciphertext (Pulumi)': ['v1:NM+yrS7HDYKZgyK7:3shnG1LtD9H5ZmM4H07YxZnRq7qjxSd8vN0pT2Wn'],
  'it is ciphertext (Sealed Secrets)': [
    `AgB${digest('sha512', 'x').toString('base64').replaceAll('=', '').repeat(9)}`,
  ],
  'it is ciphertext (JWE)': [
    'eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..48V1_ALb6US04U3b.5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6UG9oMo4vpzs9tX_EFShS8iB7j6ji.XFBoMYUZodetZdvTiFvSkQ',
  ],
  'it is ciphertext (PGP)': [PGP_MESSAGE, base64(PGP_MESSAGE)],
  'it is ciphertext (age)': [
    '-----BEGIN AGE ENCRYPTED FILE-----\nYWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSBOVExUbVhiTmFXSkt6dFJh\n-----END AGE ENCRYPTED FILE-----',
  ],
  'it is ciphertext (P': asKept(
    String(
      EC.privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'passphrase' }),
    ).trim(),
  ),
  'it is a password hash (bcrypt)': [
    '$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW',
    'admin:$2y$05$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW',
    '{bcrypt}$2a$10$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW',
  ],
  'it is a password hash (argon2)': [
    '$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub+b4dWRWJTmaaJObG',
    'argon2$argon2i$v=19$m=512,t=2,p=2$c29tZXNhbHQ$RdescudvJCsgt3ub+b4dWRWJTmaaJObG',
  ],
  'it is a password hash (scrypt)': [
    '$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E',
    'scrypt:32768:8:1$YcS5SgbyvuDRMgyq$b8f0a1b9d1e9f8a7c6d5e4f3a2b1c0d9e8f7a6b5c4d3e2f1',
  ],
  'it is a password hash (PBKDF2)': [
    '$pbkdf2-sha256$29000$N2YMIWQsBWBMae09x1jrPQ$1t8iyB2A.WF/Z5JZv.lfCIhXXN33N23OSgQYThBYRfk',
    'pbkdf2_sha256$600000$4JzR7lXvQ2mW$9tRk3Jb1mXo5n8s0aHq2ZrLcV7uYiPwEfGdTbKxNqMs=',
    'pbkdf2:sha256:260000$q8Zt7Lw9v5sQ$3f2a1b0c9d8e7f6a5b4c3d2e1f0a9b8c7d6e5f4a3b2c1d0e',
  ],
  'it is a password hash (crypt)': [
    '$1$lOW/f03u$2m6rzYGS2x5eZGp95zHm6.',
    '$5$dyVoc4/Rz9ne4Hi9$FWmHXUILUeqGubcnNBmVwP82pfYyfnCzuQDDt70nO94',
    '$6$rounds=5000$y/px2o1ioaJIcsq6$gOnOn11Iu3Z1fxYfz7vVlVqd.i9O2n7QUhTlUvcC4uWc92QeaiDouVbecLWKo.qOFXqveAWZYGQdntdpvy5Ry.',
    'admin:$apr1$wc.kGeKx$XSRjFUbD5snTghSy0ltfM0',
    '$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7',
  ],
  'it is a password hash (LDAP)': [
    '{SSHA}DkMTwBl+a/3DQTxCYEApdUtNXGgdUac3GqXX',
    'admin:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9hbutc3',
  ],
  'it is a password hash (SCRAM)': [
    'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
  ],
  ...Object.fromEntries(
    Object.entries({
      MD5: 'md5',
      'SHA-1': 'sha1',
      'SHA-224': 'sha224',
      'SHA-256': 'sha256',
      'SHA-384': 'sha384',
      'SHA-512': 'sha512',
    }).flatMap(([name, algorithm]) => [
      [
        `it is the ${name} digest of nothing`,
        [
          ...['', '\n', '\r\n'].flatMap((text) => spellings(digest(algorithm, text))),
          `${digest(algorithm, '').toString('hex')}  -`,
        ],
      ],
      [
        `it is the ${name} digest of a common word`,
        [
          ...['password', 'Password', 'secret\n', 'admin\r\n', 'changeme', 'hello world'].flatMap((text) =>
            spellings(digest(algorithm, text)),
          ),
          `${digest(algorithm, 'test\n').toString('hex')}  word.txt`,
          `SHA2(stdin)= ${digest(algorithm, 'test').toString('hex')}`,
        ],
      ],
    ]),
  ),
  'it is a published test vector': [
    '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
    '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
    '603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4',
    '603DEB1015CA71BE2B73AEF0857D77811F352C073B6108D72D9810A30914DFF4',
    'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow',
    '870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE',
    '77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a',
    'C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721',
  ],
  'it is the key of a well-known development account': [
    '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80',
    'ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80',
    '0xDF57089FEBBACF7BA0BC227DAFBFFA9FC08A93FDC68E1E42411A14EFCF23656E',
    '4f3edf983ac636a65a842ce7c78d9aa706d3b113bce9c46f30d7d21715b23b1d',
    'c87509a1c067bbde78beb793e6fa76530b6382a4c0241e5e4a9ec0a0f44dc0d3',
    '0x8f2a55949038a9610f50fb23b5883af3b4ecb3c3bb792cbcefbd1542c692be63',
    '0xe5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a',
    base64(Buffer.from('ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80', 'hex')),
  ],
  'it appears in public documentation': [
    base64(Buffer.from('09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7', 'hex')),
    '09D25E094FAA6CA2556C818166B7A9563B93F7099F6F0F4CAA6CF63B88E8D3E7',
    'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    'yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=',
  ],
  'is the private key of a key pair': [
    ...PRIVATE_PEMS.flatMap(asKept),
    `${CERTIFICATE}\n${PRIVATE_PEMS[0]}`,
    ...PAIRS.map(({ privateKey }) => jwk(privateKey)),
    'AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX',
  ],
  'it only refers to one': [
    'arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/jwt-AbCdEf',
    'op://Private/x7kq2zt7lw9v5sqb1arz8gk3my/password',
    'projects/123456789012/secrets/jwt-signing/versions/latest',
  ],
};
