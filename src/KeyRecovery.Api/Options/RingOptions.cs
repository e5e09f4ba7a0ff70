namespace KeyRecovery.Api.Options;

/// <summary>Where the KEK ring lies, and where its root key comes from.</summary>
internal sealed class RingOptions
{
    /// <summary>A directory that belongs to the ring alone: neither inside another's nor around it.</summary>
    public string? Directory { get; set; }

    /// <summary>
    /// Base64 of the 32 bytes of the root key. Default: none, and the key lies in the directory's <c>root.key</c>. Meant
    /// for the environment (<c>KeyRecovery__Ring__RootKey</c>): a command line is read by everybody. Never logged.
    /// </summary>
    public string? RootKey { get; set; }

    /// <summary>The root key that shall take its place: all is wrapped under it at the next start.</summary>
    public string? RootKeyNext { get; set; }
}
