namespace KeyRecovery.Client.Vaults;

/// <summary>Times of others: a clock far off must not throw.</summary>
internal static class Clock
{
    private const ulong Latest = 253402300799;

    public static DateTimeOffset FromSeconds(ulong seconds) =>
        DateTimeOffset.FromUnixTimeSeconds((long)Math.Min(seconds, Latest));
}
