namespace KeyRecovery.Service.Keys;

/// <summary>Every exception for a caller's mistake with a key, and for keys that do not fit each other.</summary>
internal static class Throw
{
    public static void UnlessKek(KekState state, int length)
    {
        if (state is not (KekState.Next or KekState.Current or KekState.Retiring) || length != Kek.Size)
            throw new ArgumentException($"a KEK has {Kek.Size} bytes and is next, current or retiring");
    }

    public static RootKeyMismatchException RootKeyMismatch() =>
        new("the server's secrets in the key store do not open under this root key: it is another server's, or the row "
            + "is damaged");
}
