using System.Collections.Immutable;

namespace KeyRecovery;

/// <summary>
/// Something that happened to an account: see <see cref="VaultSession.WatchAsync"/>. Closed: an app can branch on every
/// case.
/// </summary>
public abstract record AccountEvent
{
    private AccountEvent() { }

    /// <summary>
    /// When: by the server's clock as a rule, by the signer's where the server tells nothing, by this device's for what
    /// it finds itself.
    /// </summary>
    public DateTimeOffset At { get; init; }

    /// <summary>
    /// By whom; null where it was no device or slot of the account, or nobody can tell. It may be this device.
    /// </summary>
    public ActivityAuthority? By { get; init; }

    /// <summary>From which network, a /24 or /48, by the server's word; empty where nobody knows.</summary>
    public string Network { get; init; } = "";

    /// <summary>A device or a slot was added.</summary>
    /// <param name="Who">Which.</param>
    public sealed record Added(ActivityAuthority Who) : AccountEvent;

    /// <summary>A device or a slot was removed.</summary>
    /// <param name="Who">Which; its name is empty where this device did not know it before.</param>
    public sealed record Removed(ActivityAuthority Who) : AccountEvent;

    /// <summary>A device came in by a recovery code or a passphrase: <see cref="By"/> says by which.</summary>
    /// <param name="Device">The device.</param>
    public sealed record CameBack(ActivityAuthority Device) : AccountEvent;

    /// <summary>
    /// Somebody read the account with a recovery code or a passphrase: <see cref="By"/> says with which. A drill does
    /// so too.
    /// </summary>
    public sealed record RecoveryTried : AccountEvent;

    /// <summary>
    /// A realm has done something with the account's passphrase: a guess was made, a right one, it was locked. By its
    /// own clock.
    /// </summary>
    /// <param name="What">What.</param>
    /// <param name="Slot">The passphrase.</param>
    /// <param name="Realm">What people call the realm.</param>
    /// <param name="GuessesLeft">How many guesses there are now before it is locked there for good.</param>
    public sealed record AtRealm(RealmEventKind What, AuthorityId Slot, string Realm, int GuessesLeft) : AccountEvent;

    /// <summary>What a realm knows holds against the server: <see cref="PassphraseStatus.Concern"/>.</summary>
    /// <param name="Realm">What people call the realm.</param>
    /// <param name="Concern">What.</param>
    public sealed record RealmObjects(string Realm, ClientFailure Concern) : AccountEvent;

    /// <summary>
    /// The account's erasure was asked for, and waits: <see cref="VaultSession.CancelErasureAsync"/> stops it. Told at
    /// the beginning of every watch while it does.
    /// </summary>
    /// <param name="DueIn">How long it still waited when this device looked; null where the server did not say.</param>
    public sealed record ErasureHeld(TimeSpan? DueIn) : AccountEvent;

    /// <summary>The erasure was called off.</summary>
    public sealed record ErasureCancelled : AccountEvent;

    /// <summary>Items were stored or removed by another device; some may be this one's own work.</summary>
    /// <param name="Names">Which.</param>
    public sealed record ItemsChanged(ImmutableArray<string> Names) : AccountEvent;

    /// <summary>The account went back to an earlier state.</summary>
    public sealed record WentBack : AccountEvent;

    /// <summary>A device gave back what the server had lost.</summary>
    public sealed record Repaired : AccountEvent;

    /// <summary>The operator put back older data of the account.</summary>
    public sealed record Restored : AccountEvent;

    /// <summary>
    /// What this device knew and a restored server does not have. Told at the beginning of every watch until <see
    /// cref="VaultSession.DismissConflictsAsync"/>.
    /// </summary>
    /// <param name="Conflict">Both sides of it.</param>
    public sealed record Conflicting(RestoreConflictInfo Conflict) : AccountEvent;

    /// <summary>
    /// The server was restored and lacks the account's newest links: it takes no changes. Told at the beginning of
    /// every watch until a device that has them has opened the account, or <see cref="VaultSession.GoOnAsync"/>.
    /// </summary>
    /// <param name="Info">Since when, and from when the account can go on without them.</param>
    public sealed record Behind(BehindInfo Info) : AccountEvent;

    /// <summary>
    /// This device's keys are used in two places. Told at the beginning of every watch until <see
    /// cref="VaultSession.DismissCloneAsync"/>.
    /// </summary>
    /// <param name="Seen">What was seen.</param>
    public sealed record CloneSuspected(CloneInfo Seen) : AccountEvent;

    /// <summary>
    /// The server's log does not hold. Told at the beginning of every watch until <see
    /// cref="AccountLog.DismissFindingAsync"/>.
    /// </summary>
    /// <param name="Finding">What.</param>
    public sealed record LogDoubted(LogFinding Finding) : AccountEvent;

    /// <summary>
    /// A look did not work, for another reason than the one before; the watch goes on. <see
    /// cref="ClientFailure.Transient"/> is a device without a network; <see cref="ClientFailure.Spoiled"/> an account
    /// that a device of its own has made unreadable, and says by whom.
    /// </summary>
    /// <param name="Why">Why.</param>
    public sealed record Failed(ClientFailure Why) : AccountEvent;

    /// <summary>A look worked after some that did not.</summary>
    public sealed record Reached : AccountEvent;

    /// <summary>The last event of a watch: this device was removed, or the account erased.</summary>
    /// <param name="Why">Which.</param>
    public sealed record Ended(ClientFailure Why) : AccountEvent;
}
