using System.Collections.Immutable;

namespace KeyRecovery;

/// <summary>How the account's passphrase stands at one realm.</summary>
/// <param name="Slot">The slot.</param>
/// <param name="Threshold">How many realms must answer.</param>
/// <param name="Of">How many realms the slot has.</param>
/// <param name="Realm">What people call the realm.</param>
/// <param name="State">How it stands there; null where the realm could not be asked.</param>
/// <param name="GuessesLeft">Guesses before it is locked there for good.</param>
/// <param name="NextAttemptIn">How long the next guess has to wait there.</param>
/// <param name="Events">What the realm did with it, the newest last: every guess is there, a stranger's too.</param>
/// <param name="Problem">Why the realm could not be asked; else null.</param>
public sealed record PassphraseStatus(
    AuthorityId Slot, int Threshold, int Of, string Realm, RealmSlotState? State, int GuessesLeft,
    TimeSpan NextAttemptIn,
    ImmutableArray<RealmEvent> Events, string? Problem)
{
    /// <summary>
    /// What the heads that the realm keeps hold against the server, which has signed them; null where they lead to the
    /// account as this device knows it. <see cref="ClientFailure.RolledBackByRealm"/>,
    /// <see cref="ClientFailure.RestoredBehindRealm"/>; <see cref="ClientFailure.RealmLied"/> where the server has
    /// signed none of it; or why the server could not be asked about a newer one.
    /// </summary>
    public ClientFailure? Concern { get; init; }

    /// <summary>Guesses that were made since the last right one.</summary>
    public int GuessesSinceRight =>
        Events.Reverse().TakeWhile(e => e.Kind is not (RealmEventKind.Reset or RealmEventKind.Registered))
            .Count(e => e.Kind == RealmEventKind.Attempt);
}
