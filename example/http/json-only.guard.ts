import {
  Injectable,
  UnsupportedMediaTypeException,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import type { IncomingMessage } from 'node:http';

/** Accepts bodies in JSON only. A form of another site can send every other type without a preflight request. */
@Injectable()
export class JsonOnlyGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<IncomingMessage>();
    const hasBody =
      headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0;
    const [type = ''] = (headers['content-type'] ?? '').split(';');
    if (!hasBody || type.trim().toLowerCase() === 'application/json') return true;
    throw new UnsupportedMediaTypeException('The body must be JSON, with Content-Type: application/json');
  }
}
