/**
 * A record: one byte of these flags; the key, after its length in 16 bits; the headers, after their length in 32 bits, each a name after its length
 * in 16 bits, one byte for text (0) or bytes (1), and a value after its length in 32 bits; then the payload, to the end. Little-endian, UTF-8.
 */
export const flags = { textKey: 0x01, binaryKey: 0x02, headers: 0x04, tombstone: 0x08 } as const;
