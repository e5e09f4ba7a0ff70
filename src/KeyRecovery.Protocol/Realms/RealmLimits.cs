using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Protocol.Realms;

/// <summary>The caps of passphrase slots and realms in one table (docs/protocol.md §14).</summary>
public static class RealmLimits
{
    /// <summary>Realms of one slot.</summary>
    public const int Realms = 8;

    /// <summary>For how long a slot that was never seen in the chain keeps its place, in hours.</summary>
    public const int FreshHours = 24;

    /// <summary>Guesses until the share is destroyed, unless the app's policy says otherwise.</summary>
    public const int Guesses = 10;

    /// <summary>Events that a realm keeps of a slot.</summary>
    public const int Events = 64;

    /// <summary>An attempt's id, in bytes.</summary>
    public const int AttemptBytes = 16;

    /// <summary>The body of any request to a realm, in bytes.</summary>
    public const int RequestBytes = 4 * 1024;

    /// <summary>An answer of a realm, in bytes.</summary>
    public const int AnswerBytes = 8 * 1024;

    /// <summary>A body with a head and links, in bytes.</summary>
    public const int BundleBytes = Limits.ChainBytes + 64 * 1024;

    /// <summary>Slots of one account at one realm.</summary>
    public const int SlotsOfAccount = 16;

    /// <summary>Slots of one user at one realm: several accounts, and no more.</summary>
    public const int SlotsOfUser = 64;

    /// <summary>Registrations of one user in a day (UTC).</summary>
    public const int RegistrationsPerDay = 8;

    /// <summary>For how long a realm knows an authority before it takes its word alone, in seconds: 72 hours.</summary>
    public const ulong KnownSeconds = 72 * 60 * 60;

    /// <summary>
    /// For how long a fork's other side is told, and its slots are kept paused, in seconds: 30 days. As long as a
    /// pause.
    /// </summary>
    public const ulong ForkSeconds = 30 * 24 * 60 * 60;

    /// <summary>What is sealed in a registration, in bytes, at most.</summary>
    internal const int RegistrationBytes = 256;
}
