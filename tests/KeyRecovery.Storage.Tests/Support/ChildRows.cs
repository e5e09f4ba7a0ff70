using System.Security.Cryptography;

namespace KeyRecovery.Storage.Tests.Support;

/// <summary>Values that follow from their row's id.</summary>
public static class ChildRows
{
    public const int LargeSize = 6_000;
    public const int SmallSize = 200;

    public static byte[] Value(byte[] id, int size) => HKDF.Expand(HashAlgorithmName.SHA256, [.. id, .. id], size, []);
}
