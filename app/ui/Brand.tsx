/** The mark of the product. */
export function Brand({ size = 26 }: { size?: number }) {
  return (
    <svg aria-hidden width={size} height={size} viewBox="0 0 26 26">
      <defs>
        <linearGradient id="brand" x1="0" y1="0" x2="1" y2="1">
          <stop offset="0" stopColor="#4f9cf9" /><stop offset="1" stopColor="#3ecf8e" />
        </linearGradient>
      </defs>
      <rect width="26" height="26" rx="7" fill="url(#brand)" />
      <path d="M17.2 9.6a5.4 5.4 0 1 0 0 6.8" fill="none" stroke="#0a1220" strokeWidth="2.6" strokeLinecap="round" />
    </svg>
  );
}
