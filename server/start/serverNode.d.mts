/** Types of serverNode.mjs for the tests, which are TypeScript. */
export const serverNodeOptions: readonly string[];
