// A webhook for tries: prints the text of each post, and writes its address to webhook.url.
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';

const server = createServer((request, response) => {
  void text(request).then((body) => {
    console.log(JSON.parse(body).text);
    response.end('ok');
  });
});
server.listen(0, '127.0.0.1', () =>
  writeFileSync('webhook.url', `http://127.0.0.1:${server.address().port}/`),
);
