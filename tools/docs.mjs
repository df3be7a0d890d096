// `npm run docs`: writes the pages of docs/ that come from the code. `--check` fails and names the pages that are not what
// the code says.
for (const page of ['cli', 'configuration', 'engines', 'errors', 'help', 'message-types', 'metrics'])
  await import(`./${page}.mjs`);
