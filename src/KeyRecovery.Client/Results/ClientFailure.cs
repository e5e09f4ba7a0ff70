using System.Collections.Immutable;
using KeyRecovery.Client.Results;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery;

/// <summary>
/// Why a call did not work. Closed: an app can branch on every case, and <see cref="Message"/> can be shown to a
/// person.
/// </summary>
public abstract record ClientFailure
{
    private ClientFailure(string message) => Message = message;

    /// <summary>One sentence for a person. Holds no secret.</summary>
    public string Message { get; }

    /// <summary>
    /// Whether what the call was to change may be done all the same: nobody answered, or what did cannot be believed.
    /// Whatever it was to set, a code or a passphrase, is then kept beside the one from before.
    /// </summary>
    public bool MayBeDone => this is Transient or Unexpected or ServerLied or RolledBack or HomeKeyChanged
        or UpgradeRequired or LinkUnfinished or CreatedWithoutPassphrase { Why.MayBeDone: true };

    /// <summary>The same item was changed on another device since this one last saw it. Nothing was replaced.</summary>
    /// <param name="Items">Both versions of each.</param>
    public sealed record Conflict(ImmutableArray<ItemConflict> Items)
        : ClientFailure($"changed on another device as well: {string.Join(", ", Items.Select(i => i.Name))}");

    /// <summary>This device was removed from the account.</summary>
    public sealed record Revoked() : ClientFailure("this device was removed from the account");

    /// <summary>The account was erased.</summary>
    /// <param name="Receipt">The server's receipt, see <see cref="Protocol.Audit.SignedErasureReceipt"/>; null while
    /// the erasure is under way.</param>
    public sealed record Erased(ReadOnlyMemory<byte>? Receipt) : ClientFailure("the account was erased");

    /// <summary>The server lost the account's data, and this device could not give them back.</summary>
    public sealed record VaultLost() : ClientFailure("the server lost the account's data");

    /// <summary>The server shows an older or another history than the one that was verified before.</summary>
    /// <param name="Fault">How it was noticed.</param>
    public sealed record RolledBack(ProtocolFault Fault)
        : ClientFailure($"the server shows an older or different history than before ({Fault})")
    {
        /// <summary>
        /// The server's own signatures under what cannot both be true; null where it has not signed both, or no two
        /// of its heads contradict each other.
        /// </summary>
        public HomeEvidence? Evidence { get; init; }

        /// <summary>The log's checkpoints that do not go together, where the log is what was told; else null.</summary>
        public LogEvidence? Log { get; init; }
    }

    /// <summary>
    /// The server was restored from a backup that is older than this device's part in the account: nobody removed it,
    /// and the server does not know it. What it has verified can be read here. Another device links it anew.
    /// </summary>
    public sealed record RestoredWithoutYou() : ClientFailure(
        "the server was restored from a backup that is older than this device: it has to be linked anew");

    /// <summary>
    /// The server was restored, lacks the account's newest links, and takes no change until a device that has them
    /// opens the account; or from a time on, until this one goes on without: <see cref="VaultSession.GoOnAsync"/>.
    /// </summary>
    /// <param name="RestoredAt">When the server was restored, by its clock.</param>
    /// <param name="OpensAt">From when this device may go on without.</param>
    public sealed record RestoredBehind(DateTimeOffset RestoredAt, DateTimeOffset OpensAt) : ClientFailure(
        "the server was restored from a backup, and waits for a device that has what was changed since")
    {
        /// <summary>Of a restore at a time, in seconds since 1970.</summary>
        internal static RestoredBehind Since(ulong restoredAt) =>
            new(ToldTime.At(restoredAt), ToldTime.At(restoredAt + Limits.RestoreWaitSeconds));
    }

    /// <summary>
    /// The home server signs with another key than the one that this device saw first. A server that lost everything
    /// has a new one; so has one that is not the one that it was. Going on is
    /// <see cref="KeyRecoveryClient.ForgetHomeKeyAsync"/>.
    /// </summary>
    public sealed record HomeKeyChanged()
        : ClientFailure("the server signs with another key than before: ask its operator whether that is right");

    /// <summary>
    /// The server's log signs with another key than the one that this device saw first: an operator who lost the log
    /// began another one, or this is not the log that it was. Going on is
    /// <see cref="KeyRecoveryClient.ForgetLogAsync"/>.
    /// </summary>
    public sealed record LogKeyChanged() : ClientFailure(
        "the server's log is another one than before: ask its operator whether it was begun anew");

    /// <summary>The server's answer does not verify.</summary>
    /// <param name="Fault">Which rule of the protocol it breaks.</param>
    public sealed record ServerLied(ProtocolFault Fault)
        : ClientFailure($"the server's answer does not verify ({Fault})");

    /// <summary>
    /// A device or slot of the account wrote what this device cannot open. No server can do that. What this device
    /// opened last stays readable; <see cref="VaultSession.UndoAsync"/> goes back to it and removes who did it.
    /// </summary>
    /// <param name="By">Who.</param>
    /// <param name="Name">What it is called; empty where this device knows no name.</param>
    /// <param name="Fault">What does not open.</param>
    public sealed record Spoiled(AuthorityId By, string Name, ProtocolFault Fault)
        : ClientFailure(
            (Name.Length == 0 ? $"device {By}" : Name) + (Fault is ProtocolFault.OwnSeal or ProtocolFault.EpochCommit
                ? " has sealed the account's key so that it does not open here"
                : " has written what nobody can open: remove it, and go back to what was before"));

    /// <summary>A restore point holds, and nobody gave this device a key of it.</summary>
    /// <param name="Fault">What does not open.</param>
    public sealed record PointDoesNotOpen(ProtocolFault Fault)
        : ClientFailure("this device has no key of that restore point: choose another, or undo from an older device");

    /// <summary>What somebody is said to have made for this account does not open, or is not theirs.</summary>
    /// <param name="Fault">Why.</param>
    public sealed record CannotOpen(IdentityFault Fault) : ClientFailure(Fault switch
    {
        IdentityFault.Signature => "whoever it is said to be from has not signed it",
        IdentityFault.OtherRecipient => "it is sealed to somebody else",
        IdentityFault.Seal => "it does not open: it is from somebody else, for another purpose, or was changed",
        IdentityFault.Older => "it is older than what is known",
        IdentityFault.UpgradeRequired => "a newer version of the app is needed to read it",
        _ => "it is not what it is said to be",
    });

    /// <summary>The account uses a newer format; nothing of it was touched.</summary>
    public sealed record UpgradeRequired()
        : ClientFailure("the account was written by a newer version: update this app");

    /// <summary>The network or the server is in the way; the same call may work later.</summary>
    /// <param name="Reason">What was in the way.</param>
    /// <param name="RetryAfter">When the server wants to be asked again, if it said so.</param>
    public sealed record Transient(string Reason, TimeSpan? RetryAfter) : ClientFailure(
        RetryAfter is { } wait ? $"{Reason}; try again in {Math.Ceiling(wait.TotalSeconds)} s"
            : $"{Reason}; try again")
    {
        /// <summary>What stands between, where the device can tell.</summary>
        public NetworkCause Cause { get; init; }
    }

    /// <summary>The server has no app of the id that this client was given (<see cref="KeyRecoveryOptions.App"/>).
    /// </summary>
    /// <param name="App">The id.</param>
    public sealed record UnknownApp(string App) : ClientFailure($"the server has no app with the id {App}");

    /// <summary>
    /// No account is reached by this code: it was replaced or removed, belongs to another server, or was never set up.
    /// </summary>
    public sealed record UnknownCode() : ClientFailure("this server knows no account with that recovery code");

    /// <summary>
    /// What was to be proved in hand, or to sign, is no slot of this account, or none any more. Nothing was changed.
    /// </summary>
    public sealed record NotOfThisAccount() : ClientFailure(
        "that code or passphrase is none of this account's: it was removed, or it is another account's");

    /// <summary>
    /// A new code was added in the place of another one, which is still there: the call that did it was cut.
    /// <see cref="VaultSession.FinishCodeReplacementAsync"/> with the new one removes the old one.
    /// </summary>
    /// <param name="Old">The code to be replaced.</param>
    /// <param name="New">The one that takes its place.</param>
    /// <param name="Since">When that was begun, by the clock of whoever did.</param>
    public sealed record ReplacementBegun(AuthorityId Old, AuthorityId New, DateTimeOffset Since) : ClientFailure(
        $"a new code was added in this one's place on {Since.UtcDateTime:yyyy-MM-dd HH:mm} UTC, and the old one is "
        + "still there: the new one finishes it");

    /// <summary>The passphrase is wrong. Nothing that was derived from it has left the device.</summary>
    /// <param name="GuessesLeft">How many more guesses there are before the passphrase is locked for good.</param>
    /// <param name="NextAttemptIn">How long the next guess has to wait.</param>
    public sealed record WrongPassphrase(int GuessesLeft, TimeSpan NextAttemptIn)
        : ClientFailure(GuessWords.Wrong(GuessesLeft, NextAttemptIn));

    /// <summary>The next guess is not due yet. Nothing was counted.</summary>
    /// <param name="GuessesLeft">How many guesses there are.</param>
    /// <param name="NextAttemptIn">How long to wait.</param>
    public sealed record GuessWait(int GuessesLeft, TimeSpan NextAttemptIn)
        : ClientFailure(GuessWords.Wait(GuessesLeft, NextAttemptIn));

    /// <summary>A device of the account has paused the passphrase.</summary>
    public sealed record PassphrasePaused()
        : ClientFailure(
            "one of the account's devices has paused the passphrase: resume it there, or use the recovery code");

    /// <summary>Too many wrong guesses: this passphrase opens nothing any more.</summary>
    public sealed record PassphraseLocked() : ClientFailure(
        "too many wrong guesses: the passphrase is locked for good. Recover with the code or from another device, then "
        + "set a new one");

    /// <summary>The account of this token has no passphrase, or there is no such account.</summary>
    public sealed record UnknownPassphrase() : ClientFailure("there is no account with a passphrase for this login");

    /// <summary>A realm's answer does not hold. The passphrase may well be right.</summary>
    /// <param name="Realm">What people call it.</param>
    /// <param name="Fault">What is wrong with it.</param>
    public sealed record RealmLied(string Realm, RealmFault Fault)
        : ClientFailure(
            $"{Realm} gave an answer that does not hold ({GuessWords.Of(Fault)}); the passphrase may well be right");

    /// <summary>A realm cannot be reached.</summary>
    /// <param name="Realm">What people call it.</param>
    /// <param name="Reason">What was in the way.</param>
    public sealed record RealmUnreachable(string Realm, string Reason) : ClientFailure($"{Realm}: {Reason}");

    /// <summary>
    /// A realm does not know the account's home server, and keeps nothing for an account of a server that it does not
    /// know.
    /// </summary>
    /// <param name="Realm">What people call it.</param>
    public sealed record RealmKnowsNoHome(string Realm)
        : ClientFailure($"{Realm} does not know the server of this account, and keeps no passphrase for it");

    /// <summary>Fewer realms answered than the passphrase needs.</summary>
    /// <param name="Threshold">How many it needs.</param>
    /// <param name="Missing">Those that were of no use.</param>
    public sealed record TooFewRealms(int Threshold, ImmutableArray<string> Missing)
        : ClientFailure(
            $"{Threshold} servers must answer for this passphrase; these could not: {string.Join(", ", Missing)}; try "
            + "again later");

    /// <summary>The passphrase was set up with a realm that this app's configuration does not name.</summary>
    /// <param name="Realm">What is known of it.</param>
    public sealed record UnknownRealm(string Realm)
        : ClientFailure($"the passphrase needs a server that this app does not know ({Realm}): update the app");

    /// <summary>
    /// The token is of a login that has another account, or none: a passphrase that is set with it could never be
    /// used. No realm was asked.
    /// </summary>
    public sealed record TokenOfAnother()
        : ClientFailure("this login is not the one of the account: nothing was set up");

    /// <summary>A realm was told of a newer history than the server shows, or of another one.</summary>
    /// <param name="Realm">The realm.</param>
    public sealed record RolledBackByRealm(string Realm)
        : ClientFailure(
            $"the server shows an older or different history than the one that {Realm} was told: one of the two is "
            + "wrong")
    {
        /// <summary>What the server signed and does not show; empty where the realm shows no signature.</summary>
        public ReadOnlyMemory<byte> Head { get; init; }

        /// <summary>Both of the server's signatures, where they cannot both be true; else null.</summary>
        public HomeEvidence? Evidence { get; init; }
    }

    /// <summary>
    /// The server was restored from a backup that is older than what a realm was told of the account: some changes are
    /// lost, and whoever was removed by them is back. Going on is an explicit argument.
    /// </summary>
    /// <param name="Realm">The realm.</param>
    /// <param name="RestoredAt">When the server was restored, by its signed word.</param>
    public sealed record RestoredBehindRealm(string Realm, DateTimeOffset RestoredAt)
        : ClientFailure(
            $"the server was restored from a backup, and lacks changes of the account that {Realm} was told of")
    {
        /// <summary>What the server signed before it was restored.</summary>
        public ReadOnlyMemory<byte> Head { get; init; }
    }

    /// <summary>
    /// The account was made, with its code, and is this device's; the passphrase that was to be set with it is not, or
    /// nobody can tell. <see cref="KeyRecoveryClient.OpenAsync"/>, and <see cref="PassphraseManager.SetAsync"/> again.
    /// </summary>
    /// <param name="Why">Why the passphrase is not set.</param>
    public sealed record CreatedWithoutPassphrase(ClientFailure Why)
        : ClientFailure($"the account is there, and its passphrase is not set: {Why.Message}");

    /// <summary>The passphrase can be guessed by whoever runs the realms; nothing was sent.</summary>
    /// <param name="Reason">How it would be, and what to do.</param>
    public sealed record WeakPassphrase(string Reason) : ClientFailure(Reason);

    /// <summary>No item of that name, or no such version of it.</summary>
    /// <param name="Name">The name.</param>
    public sealed record NoSuchItem(string Name) : ClientFailure($"there is no item named {Name}");

    /// <summary>No device or slot of that id is active in the account; it may have been removed meanwhile.</summary>
    /// <param name="Id">The id.</param>
    public sealed record NoSuchAuthority(AuthorityId Id) : ClientFailure($"the account has no device or code {Id}");

    /// <summary>Linking ended before its end, and moved no key; both devices need a new code.</summary>
    /// <param name="Reason">Why.</param>
    public sealed record LinkEnded(LinkFailure Reason) : ClientFailure(LinkWords.Of(Reason));

    /// <summary>
    /// Linking ended after this device had signed: the other one may have added it, or may still. Its keys are kept,
    /// and the next <see cref="KeyRecoveryClient.OpenAsync"/> or <see cref="KeyRecoveryClient.LinkAsync"/> finds out.
    /// </summary>
    /// <param name="Why">What ended it.</param>
    public sealed record LinkUnfinished(ClientFailure Why)
        : ClientFailure(
            $"{Why.Message}; this device may be part of the account by now all the same, and its keys are kept");

    /// <summary>
    /// The link code expired, was used by somebody else, or its session was ended: the server does not say which.
    /// </summary>
    public sealed record LinkGone()
        : ClientFailure("the link code has expired, or the other device has stopped: show a new one");

    /// <summary>
    /// Two devices used the same link code, so that the server ended its session: one of them is a stranger's.
    /// </summary>
    public sealed record LinkContested()
        : ClientFailure("another device has used the same link code: somebody else has seen it");

    /// <summary>The typed link code opens nothing that the server keeps: a character is wrong.</summary>
    public sealed record WrongLinkCode()
        : ClientFailure("the link code does not fit what the other device left: compare it with the one shown");

    /// <summary>The server has the item's name and lost its content: store it again from the app's own copy.</summary>
    /// <param name="Name">The name.</param>
    public sealed record ItemLost(string Name)
        : ClientFailure($"the server lost the content of {Name}: store it again");

    /// <summary>This device holds no account, or already holds one.</summary>
    /// <param name="Reason">Which of the two.</param>
    public sealed record DeviceState(string Reason) : ClientFailure(Reason);

    /// <summary>
    /// The server refuses for a reason that a repeat does not change; or this device in its place, where it counts a
    /// limit itself (<c>limit-reached</c>) and sends nothing.
    /// </summary>
    /// <param name="Type">The problem's stable type, for example <c>account-exists</c>.</param>
    /// <param name="Title">The problem's title.</param>
    /// <param name="Field">The part of the request that it names, or null.</param>
    public sealed record Refused(string Type, string Title, string? Field)
        : ClientFailure(Field is null ? Title : $"{Title} ({Field})")
    {
        /// <summary>
        /// With <c>limit-reached</c>: the most that is allowed, in the limit's own unit; null where it is not told.
        /// </summary>
        public long? Limit { get; init; }

        /// <summary>With <c>limit-reached</c>: how much of it was used before; null where it is not told.</summary>
        public long? Used { get; init; }

        /// <summary>
        /// With <c>young-authority</c>: from when whoever signed may do it, by the server's clock; null where it is not
        /// told.
        /// </summary>
        public DateTimeOffset? TrustedFrom { get; init; }
    }

    /// <summary>
    /// A change of many items took several commits, and a later one did not work: call again with what is left.
    /// </summary>
    /// <param name="Done">The items that are as they were to be.</param>
    /// <param name="Left">The items that are as they were before, unless <paramref name="Why"/> says otherwise.</param>
    /// <param name="Why">Why it ended there.</param>
    public sealed record PartlyDone(ImmutableArray<string> Done, ImmutableArray<string> Left, ClientFailure Why)
        : ClientFailure(
            $"{Done.Length} of {Done.Length + Left.Length} items are done, the others are not: {Why.Message}");

    /// <summary>
    /// This device's own store could not be read or written: a full disk, a folder that takes nothing, a damaged file.
    /// Nothing was sent after that.
    /// </summary>
    /// <param name="Reason">What it says.</param>
    public sealed record StoreFailed(string Reason) : ClientFailure(Reason)
    {
        /// <summary>
        /// Whether what is there does not open (<see cref="DeviceStoreException"/>); else the store itself failed, and
        /// the same call may work once that is mended.
        /// </summary>
        public bool IsUnreadable { get; init; }

        /// <summary>What is wrong with what does not open, where the store can tell.</summary>
        public DeviceStoreTrouble Trouble { get; init; }
    }

    /// <summary>
    /// Something threw that should not: a store, a callback or a stack of the app's own, or this library, by a mistake.
    /// What was sent before may still be done: <see cref="VaultSession.RefreshAsync"/> tells.
    /// </summary>
    /// <param name="Error">What was thrown.</param>
    public sealed record Unexpected(Exception Error)
        : ClientFailure($"something failed that should not ({Error.GetType().Name})");

    /// <summary>What the caller gave is over a limit or not allowed; nothing was sent.</summary>
    /// <param name="Reason">Which.</param>
    public sealed record Invalid(string Reason) : ClientFailure(Reason);
}
