using NSec.Cryptography;

namespace KeyRecovery.Protocol.Passphrases;

/// <summary>
/// Argon2id (RFC 9106, version 0x13). One lane is libsodium's, through NSec, which has no more; several are
/// Konscious's, which uses the cores. Each checks the other in the tests.
/// </summary>
internal static class Argon2id
{
    /// <summary>The salt, in bytes: 16.</summary>
    public const int SaltSize = 16;

    public static void Derive(
        ReadOnlySpan<byte> secret, ReadOnlySpan<byte> salt16, StretchProfile profile, Span<byte> output)
    {
        Throw.IfNotLength(salt16.Length, SaltSize, nameof(salt16));
        if (profile.Lanes == 1) DeriveOnOneLane(secret, salt16, profile, output);
        else DeriveOnLanes(secret, salt16, profile, output);
    }

    internal static void DeriveOnOneLane(
        ReadOnlySpan<byte> secret, ReadOnlySpan<byte> salt16, StretchProfile profile, Span<byte> output) =>
        PasswordBasedKeyDerivationAlgorithm
            .Argon2id(
                new Argon2Parameters {
                    DegreeOfParallelism = 1, MemorySize = profile.MemoryKiB, NumberOfPasses = profile.Passes,
                })
            .DeriveBytes(secret, salt16, output);

    internal static void DeriveOnLanes(
        ReadOnlySpan<byte> secret, ReadOnlySpan<byte> salt16, StretchProfile profile, Span<byte> output)
    {
        // Konscious keeps the array that it is given, so it gets one that is pinned and zeroed.
        var input = GC.AllocateUninitializedArray<byte>(secret.Length, pinned: true);
        byte[]? derived = null;
        try
        {
            secret.CopyTo(input);
            using var argon2 = new Konscious.Security.Cryptography.Argon2id(input)
            {
                Salt = salt16.ToArray(),
                Iterations = profile.Passes,
                MemorySize = profile.MemoryKiB,
                DegreeOfParallelism = profile.Lanes,
            };
            derived = argon2.GetBytes(output.Length);
            derived.CopyTo(output);
        }
        finally
        {
            System.Security.Cryptography.CryptographicOperations.ZeroMemory(input);
            System.Security.Cryptography.CryptographicOperations.ZeroMemory(derived);
        }
    }
}
