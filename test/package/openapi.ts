import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ApiProperty, DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { Page, Paginate, ProductionConfigModule, type PageRequest } from 'nestjs-production-config';
import { ApiPage } from 'nestjs-production-config/swagger';

class Product {
  @ApiProperty()
  readonly name!: string;
}

@Controller('products')
class ProductsController {
  @Get()
  @ApiPage(Product)
  list(@Paginate() page: PageRequest): Page<Product> {
    return Page.of<Product>([], page);
  }
}

@Module({ imports: [ProductionConfigModule.forRoot()], controllers: [ProductsController] })
class DocumentedModule {}

const app = await NestFactory.create(DocumentedModule, { logger: ['error'] });
const { components } = SwaggerModule.createDocument(app, new DocumentBuilder().build());
process.stdout.write(Object.keys(components?.schemas ?? {}).join());
await app.close();
