namespace KeyRecovery.Protocol.Linking;

/// <summary>Caps of linking (docs/protocol.md §13).</summary>
public static class LinkLimits
{
    /// <summary>The app's bundle, in bytes: 204,800.</summary>
    public const int BundleBytes = 200 * 1024;

    /// <summary>
    /// One part of the sealed bundle, in bytes: 7,168, so that a message stays below <see cref="MessageBytes"/>.
    /// </summary>
    public const int PartBytes = 7 * 1024;

    /// <summary>One message on the relay, in bytes: 8,192.</summary>
    public const int MessageBytes = 8 * 1024;

    /// <summary>How often the digits may be typed: 3 of a million guesses.</summary>
    public const int DigitTries = 3;

    /// <summary>A device's name, in bytes of UTF-8.</summary>
    public const int NameBytes = Vault.Limits.NameBytes;

    /// <summary>A platform's name, in bytes of UTF-8.</summary>
    public const int PlatformBytes = 32;

    /// <summary>A draft of a link that adds one device, in bytes: it has about 400.</summary>
    public const int DraftBytes = 1024;
}
