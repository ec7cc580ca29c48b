// A real OpenID provider for the tests of sign-in: node provider.mjs MODULES PORT REDIRECT PEOPLE
// MODULES: the folder that holds oidc-provider; PEOPLE: JSON, login -> claims. Any password is taken.
import { pathToFileURL } from "node:url";
import { join } from "node:path";

const [modules, port, redirect, given] = process.argv.slice(2);
const { Provider } = await import(pathToFileURL(join(modules, "oidc-provider", "lib", "index.js")));
const people = JSON.parse(given);

const provider = new Provider(`http://localhost:${port}`, {
  clients: [
    {
      client_id: "plumbline",
      client_secret: "a-secret-of-the-tests",
      redirect_uris: [redirect],
      post_logout_redirect_uris: [redirect],
    },
  ],
  claims: { openid: ["sub", "roles", "groups"], email: ["email", "email_verified"], profile: ["name"] },
  conformIdTokenClaims: false, // claims stand in the token itself, as with most providers that companies run
  findAccount: (_, login) => people[login] && { accountId: login, claims: () => ({ sub: login, ...people[login] }) },
  cookies: { keys: ["a-key-of-the-tests"] },
  pkce: { required: () => true },
});
provider.listen(Number(port), "localhost", () => console.log("listening"));
