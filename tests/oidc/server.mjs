// The certified OpenID provider `oidc-provider`, with one client from the environment, on a free loopback port.
// Prints its issuer as the first line, and ends with its standard input. Login and consent are the package's own
// development pages: any login name is a subject.

import { createServer } from "node:http";
import { Provider } from "oidc-provider";

const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [JSON.parse(process.env.CLIENT)],
    // Conform claims off: scope `profile` alone puts the user name into the ID token, as many providers do.
    conformIdTokenClaims: process.env.HANDLE_IN_ID_TOKEN !== "yes",
    claims: { openid: ["sub"], profile: ["preferred_username", "name"] },
    cookies: { keys: ["a key for tests alone"] },
    features: { devInteractions: { enabled: true }, revocation: { enabled: true } },
    pkce: { required: () => true },
    findAccount: (_context, sub) => ({
      accountId: sub,
      claims: () => ({ sub, preferred_username: `${sub} & co`, name: "Anyone" }),
    }),
  });
  provider.on("revocation.success", () => {});
  server.on("request", provider.callback());
  console.log(issuer);
});

process.stdin.on("end", () => process.exit(0)).resume();
