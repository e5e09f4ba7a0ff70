using System.Reflection;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Testing.Hosting;

/// <summary>An epoch key's bytes, which no public call gives out: the inspection must know what it looks for.</summary>
public static class EpochKeyBytes
{
    private static readonly FieldInfo Field =
        typeof(EpochKey).GetField("_key", BindingFlags.NonPublic | BindingFlags.Instance)!;

    /// <summary>The 32 bytes.</summary>
    public static byte[] Of(EpochKey key) => ((SecretBytes)Field.GetValue(key)!).Span.ToArray();
}
