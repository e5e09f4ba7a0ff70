using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace KeyRecovery.Protocol.Primitives;

/// <summary>
/// SHA-512 (FIPS 180-4) of parts, by libsodium: the platform's looks its algorithm up at each call, which for short
/// inputs costs more than the hash. One use; lies on the stack and is zeroed when it has finished.
/// </summary>
internal ref partial struct Sha512
{
    /// <summary>The length of a hash in bytes.</summary>
    public const int Size = 64;

    private State _state;

    static Sha512() => Sodium.EnsureInitialized();

    public Sha512() => Throw.IfFailed(crypto_hash_sha512_init(_state), nameof(crypto_hash_sha512_init));

    public void Append(scoped ReadOnlySpan<byte> part) =>
        Throw.IfFailed(crypto_hash_sha512_update(_state, part, (ulong)part.Length), nameof(crypto_hash_sha512_update));

    public void Finish(scoped Span<byte> hash)
    {
        Throw.IfNotLength(hash.Length, Size, nameof(hash));
        Throw.IfFailed(crypto_hash_sha512_final(_state, hash), nameof(crypto_hash_sha512_final));
        _state = default;
    }

    [LibraryImport(Sodium.Library)]
    private static partial int crypto_hash_sha512_init(Span<ulong> state);

    [LibraryImport(Sodium.Library)]
    private static partial int crypto_hash_sha512_update(Span<ulong> state, ReadOnlySpan<byte> m, ulong mlen);

    [LibraryImport(Sodium.Library)]
    private static partial int crypto_hash_sha512_final(Span<ulong> state, Span<byte> hash);

    // crypto_hash_sha512_state: eight words of state, two of length, 128 bytes of input.
    [InlineArray(26)]
    private struct State
    {
        private ulong _word;
    }
}
