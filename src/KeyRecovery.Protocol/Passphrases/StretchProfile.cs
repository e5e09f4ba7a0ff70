namespace KeyRecovery;

/// <summary>
/// How much work one guess costs (docs/protocol.md §14.1): the parameters of Argon2id (RFC 9106 §3.1). They come from a
/// server before anything is verified, so what is outside the limits is refused before any work.
/// </summary>
/// <param name="Passes">Passes over the memory, t: 2–16.</param>
/// <param name="MemoryKiB">Memory in KiB, m: 19,456–1,048,576.</param>
/// <param name="Lanes">Lanes, p: 1–16.</param>
public readonly record struct StretchProfile(int Passes, int MemoryKiB, int Lanes)
{
    /// <summary>t = 3, m = 64 MiB, p = 4: for accounts whose devices are all at least a recent phone.</summary>
    public static StretchProfile Standard { get; } = new(3, 65_536, 4);

    /// <summary>t = 4, m = 32 MiB, p = 1: fits a browser's or an app extension's memory. The default.</summary>
    public static StretchProfile Mobile { get; } = new(4, 32_768, 1);

    /// <summary>The least memory in KiB: 19 MiB, OWASP's floor for Argon2id.</summary>
    public const int MinMemoryKiB = 19_456;

    /// <summary>The most memory in KiB: 1 GiB.</summary>
    public const int MaxMemoryKiB = 1_048_576;

    /// <summary>The most passes times KiB: a server must not make a device work for minutes.</summary>
    public const long MaxWork = 4_194_304;

    /// <summary>Whether a client may be asked to do it.</summary>
    public bool IsAllowed =>
        Passes is >= 2 and <= 16 && MemoryKiB is >= MinMemoryKiB and <= MaxMemoryKiB && Lanes is >= 1 and <= 16
        && (long)Passes * MemoryKiB <= MaxWork;
}
