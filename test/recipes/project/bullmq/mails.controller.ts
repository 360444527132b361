import { InjectQueue } from '@nestjs/bullmq';
import { Body, Controller, Post } from '@nestjs/common';
import type { Queue } from 'bullmq';

@Controller('mails')
export class MailsController {
  constructor(@InjectQueue('mails') private readonly queue: Queue) {}

  @Post()
  async send(@Body() mail: { readonly to: string }): Promise<void> {
    await this.queue.add('mail', mail);
  }
}
