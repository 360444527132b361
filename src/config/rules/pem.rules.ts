import { type KeyObject, X509Certificate, createPrivateKey } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import Joi, { type StringSchema } from 'joi';
import { refuse } from '../model/rule-rejection.js';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
const PRIVATE_KEY = /-----BEGIN ((?:[A-Z0-9]+ )?PRIVATE KEY)-----[^]+?-----END \1-----/;
const TO_NAME_A_FILE = 'to name a file, set %s_FILE';
const DAY = 'yyyy-mm-dd'.length;

/**
 * One or more certificates in PEM format. The value holds nothing else, so that a text around them is never shown. Line
 * breaks may be written as `\n`, as variables of one line have them.
 */
export function certificates(): StringSchema {
  const form = 'must be one or more PEM certificates (-----BEGIN CERTIFICATE-----)';
  return Joi.string()
    .custom((text: string, helpers) => {
      if (PRIVATE_KEY.test(text)) {
        return refuse(helpers, 'contains a private key', 'invalid', 'keep only the certificates');
      }
      const blocks = withLineBreaks(text).match(CERTIFICATE) ?? [];
      if (blocks.length === 0) return refuse(helpers, form, 'invalid', TO_NAME_A_FILE);
      const all = blocks.map(certificateIn);
      const unreadable = all.indexOf(undefined);
      if (unreadable !== -1) {
        return refuse(helpers, `has a certificate that cannot be read (number ${unreadable + 1})`);
      }
      const expiries = all.map((each) => expiryOf(each!));
      const last = Math.max(...expiries);
      return last < Date.now()
        ? refuse(helpers, `expired on ${dayOf(last)}`, 'invalid', 'replace it with a valid certificate')
        : `${blocks.join('\n')}\n`;
    })
    .note(form);
}

/** A private key in PEM format, without a passphrase. Line breaks may be written as `\n`. */
export function privateKey(): StringSchema {
  const form = 'must be a private key in PEM format';
  return Joi.string()
    .custom((text: string, helpers) => {
      const block = PRIVATE_KEY.exec(withLineBreaks(text))?.[0];
      if (block !== undefined && /ENCRYPTED/.test(block)) {
        return refuse(
          helpers,
          'is encrypted with a passphrase',
          'invalid',
          'decrypt it: openssl pkey -in <file>',
        );
      }
      if (block === undefined) return refuse(helpers, form, 'invalid', TO_NAME_A_FILE);
      return privateKeyIn(block) === undefined ? refuse(helpers, form) : `${block}\n`;
    })
    .note(form);
}

/** Why a key and the first of the certificates are not a pair: a sentence that continues the name of the certificates. */
export function pairFault(certificate: string, key: string): string | undefined {
  const [own, ownKey] = [certificateIn(certificate), privateKeyIn(key)];
  if (own === undefined || ownKey === undefined) return 'cannot be read';
  if (!own.checkPrivateKey(ownKey)) return 'does not begin with the certificate of this key';
  if (expiryOf(own) < Date.now()) return `expired on ${dayOf(expiryOf(own))}`;
  return isUsable(certificate, key)
    ? undefined
    : 'is not accepted by OpenSSL, as with an RSA key below 2048 bits';
}

/** OpenSSL refuses short keys and old digests, depending on its security level. */
function isUsable(cert: string, key: string): boolean {
  try {
    createSecureContext({ cert, key });
    return true;
  } catch {
    return false;
  }
}

/** The first certificate of a text. The errors of OpenSSL are not passed on. */
function certificateIn(text: string): X509Certificate | undefined {
  try {
    return new X509Certificate(text);
  } catch {
    return undefined;
  }
}

function privateKeyIn(text: string): KeyObject | undefined {
  try {
    return createPrivateKey(text);
  } catch {
    return undefined;
  }
}

function expiryOf({ validTo }: X509Certificate): number {
  return Date.parse(validTo);
}

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, DAY);
}

function withLineBreaks(text: string): string {
  return text.replaceAll(/\\r\\n|\\n|\r\n/g, '\n');
}
