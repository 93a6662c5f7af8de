import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";

const b64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url");
const cborBytes = (bytes: Uint8Array): Buffer => Buffer.concat([bytes.length < 256 ? Buffer.from([0x58, bytes.length]) : Buffer.from([0x59, bytes.length >> 8, bytes.length & 255]), bytes]);
const cborText = (text: string): Buffer => Buffer.concat([Buffer.from([0x60 + text.length]), Buffer.from(text)]);

/** A passkey in software (ES256), as honest or as wrong as a test wants it. */
export function softAuthenticator() {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { x, y } = publicKey.export({ format: "jwk" }) as { x: string; y: string };
  const cose = Buffer.concat([Buffer.from("a5010203262001215820", "hex"), Buffer.from(x, "base64url"), Buffer.from("225820", "hex"), Buffer.from(y, "base64url")]);
  const id = randomBytes(32);
  let counter = 0;
  const clientData = (type: string, challenge: string, origin: string) => Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }));
  const authData = (rpId: string, flags: number, more = Buffer.alloc(0)) => {
    const count = Buffer.alloc(4);
    count.writeUInt32BE(++counter);
    return Buffer.concat([createHash("sha256").update(rpId).digest(), Buffer.from([flags]), count, more]);
  };
  return {
    credentialId: b64(id), publicKey: b64(cose),
    create(challenge: string, origin: string) {
      const data = authData(new URL(origin).hostname, 0x45, Buffer.concat([Buffer.alloc(16), Buffer.from([0, id.length]), id, cose]));
      const attestation = Buffer.concat([Buffer.from([0xa3]), cborText("fmt"), cborText("none"), cborText("attStmt"), Buffer.from([0xa0]), cborText("authData"), cborBytes(data)]);
      return { id: b64(id), rawId: b64(id), type: "public-key" as const, clientExtensionResults: {}, response: { attestationObject: b64(attestation), clientDataJSON: b64(clientData("webauthn.create", challenge, origin)) } };
    },
    get(challenge: string, origin: string, isVerified = true) {
      const client = clientData("webauthn.get", challenge, origin), data = authData(new URL(origin).hostname, isVerified ? 0x05 : 0x01);
      const signature = sign("sha256", Buffer.concat([data, createHash("sha256").update(client).digest()]), privateKey);
      return { id: b64(id), rawId: b64(id), type: "public-key" as const, clientExtensionResults: {}, response: { authenticatorData: b64(data), clientDataJSON: b64(client), signature: b64(signature) } };
    },
  };
}
