namespace KeyRecovery.Protocol.Primitives;

/// <summary>
/// Arrays for secrets whose reader wants an array and not a <see cref="SecretBytes"/>: of their own, never a pool's,
/// and pinned, so that the collector makes no copies. Whoever takes one zeroes it.
/// </summary>
internal static class SecretMemory
{
    public static byte[] Allocate(int length) => GC.AllocateArray<byte>(length, pinned: true);
}
