using System.Text.Json.Nodes;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Cli.Output;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Cli.Invocation;

/// <summary>One table from what the SDK says to what a person is told, and what to do about it.</summary>
internal static class FailureText
{
    public static CliFailure Of(ClientFailure failure, CliContext context) =>
        new(Slug(failure), failure.Message)
        {
            Key = Key(failure), Advice = Advice(failure, context), Details = Details(failure, context),
        };

    /// <summary>The stable name of a failure: the server's own where it has one.</summary>
    public static string Slug(ClientFailure failure) =>
        failure switch
        {
            ClientFailure.Refused refused => refused.Type,
            ClientFailure.StoreFailed store => store.IsUnreadable ? "home-unreadable" : "home-failed",
            ClientFailure.Unexpected => "bug",
            _ => Words.Kebab(failure.GetType().Name),
        };

    /// <summary>
    /// The key under which a message and its advice are translated: the slug, and the cause where it has several.
    /// </summary>
    public static string Key(ClientFailure failure) => failure switch
    {
        ClientFailure.Transient passing => Keyed(failure, passing.Cause.ToString()),
        ClientFailure.Refused { Type: ProblemTypes.LimitReached, Field: { } field } => $"{Slug(failure)}.{field}",
        ClientFailure.LinkEnded ended => Keyed(failure, ended.Reason.ToString()),
        ClientFailure.RealmLied lied => Keyed(failure, lied.Fault.ToString()),
        ClientFailure.PartlyDone partly => $"{Slug(failure)}.{Key(partly.Why)}",
        ClientFailure.LinkUnfinished unfinished => $"{Slug(failure)}.{Key(unfinished.Why)}",
        ClientFailure.CreatedWithoutPassphrase created => $"{Slug(failure)}.{Key(created.Why)}",
        _ => Slug(failure),
    };

    private static string Keyed(ClientFailure failure, string cause) => $"{Slug(failure)}.{Words.Kebab(cause)}";

    private static JsonObject? Details(ClientFailure failure, CliContext context) => failure switch
    {
        ClientFailure.Transient passing => new JsonObject
        {
            ["cause"] = Words.Kebab(passing.Cause.ToString()),
            ["retryAfterMs"] = (long?)passing.RetryAfter?.TotalMilliseconds,
        },
        ClientFailure.Erased { Receipt: { } receipt } =>
            new JsonObject { ["receipt"] = Protocol.Wire.Base64UrlText.Encode(receipt.Span) },
        ClientFailure.RolledBack rolledBack => new JsonObject
        {
            ["fault"] = RuleWords.Of(rolledBack.Fault),
            ["evidence"] = rolledBack.Evidence is { } e ? new JsonObject
            {
                ["known"] = Base64UrlText.Encode(e.Known.Span),
                ["served"] = Base64UrlText.Encode(e.Served.Span),
                ["trail"] = e.Trail is { } t ? new JsonObject
                {
                    ["from"] = t.From,
                    ["trail"] = t.Trail.ToString(),
                    ["known"] = t.One.Select(hash => hash.ToString()).ToJson(),
                    ["served"] = t.Other.Select(hash => hash.ToString()).ToJson(),
                } : null,
            } : null,
            ["log"] = rolledBack.Log is { } log ? LogText.Json(log) : null,
        },
        ClientFailure.RestoredBehind behind => new JsonObject
        {
            ["restoredAt"] = behind.RestoredAt,
            ["opensAt"] = behind.OpensAt,
        },
        ClientFailure.ServerLied lied => new JsonObject { ["fault"] = RuleWords.Of(lied.Fault) },
        ClientFailure.Spoiled spoiled => SpoiledText.Json(spoiled),
        ClientFailure.CannotOpen closed => new JsonObject { ["fault"] = Words.Kebab(closed.Fault.ToString()) },
        ClientFailure.PointDoesNotOpen point => new JsonObject { ["fault"] = RuleWords.Of(point.Fault) },
        ClientFailure.ReplacementBegun begun =>
            new JsonObject { ["old"] = begun.Old.ToString(), ["new"] = begun.New.ToString(), ["since"] = begun.Since },
        ClientFailure.WrongPassphrase wrong =>
            new JsonObject
            {
                ["guessesLeft"] = wrong.GuessesLeft,
                ["nextAttemptInMs"] = (long)wrong.NextAttemptIn.TotalMilliseconds,
            },
        ClientFailure.GuessWait wait =>
            new JsonObject
            {
                ["guessesLeft"] = wait.GuessesLeft,
                ["nextAttemptInMs"] = (long)wait.NextAttemptIn.TotalMilliseconds,
            },
        ClientFailure.PassphraseLocked => new JsonObject { ["guessesLeft"] = 0 },
        ClientFailure.RealmLied lied => new JsonObject
        {
            ["realm"] = lied.Realm,
            ["fault"] = Words.Kebab(lied.Fault.ToString()),
        },
        ClientFailure.RealmUnreachable unreachable => new JsonObject { ["realm"] = unreachable.Realm },
        ClientFailure.RealmKnowsNoHome stranger => new JsonObject { ["realm"] = stranger.Realm },
        ClientFailure.RolledBackByRealm rolledBack => new JsonObject
        {
            ["realm"] = rolledBack.Realm, ["head"] = Base64UrlText.Encode(rolledBack.Head.Span),
            ["evidence"] = rolledBack.Evidence is { } e ? new JsonObject
            {
                ["known"] = Base64UrlText.Encode(e.Known.Span), ["served"] = Base64UrlText.Encode(e.Served.Span),
            } : null,
        },
        ClientFailure.RestoredBehindRealm restored => new JsonObject
        {
            ["realm"] = restored.Realm,
            ["restoredAt"] = restored.RestoredAt,
            ["head"] = Base64UrlText.Encode(restored.Head.Span),
        },
        ClientFailure.TooFewRealms few => new JsonObject
        {
            ["threshold"] = few.Threshold,
            ["missing"] = few.Missing.ToJson(),
        },
        ClientFailure.NoSuchItem missing => new JsonObject { ["name"] = missing.Name },
        ClientFailure.NoSuchAuthority missing => new JsonObject { ["id"] = missing.Id.ToString() },
        ClientFailure.LinkEnded ended => new JsonObject { ["reason"] = Words.Kebab(ended.Reason.ToString()) },
        ClientFailure.LinkUnfinished unfinished => new JsonObject { ["because"] = Slug(unfinished.Why) },
        ClientFailure.ItemLost lost => new JsonObject { ["name"] = lost.Name },
        ClientFailure.Refused { Type: ProblemTypes.YoungAuthority } => new JsonObject
        {
            ["trustedFrom"] = context.TrustedFrom,
        },
        ClientFailure.Refused { Limit: { } limit } refused => new JsonObject
        {
            ["field"] = refused.Field,
            ["limit"] = limit,
            ["used"] = refused.Used,
        },
        ClientFailure.Refused { Field: { } field } => new JsonObject { ["field"] = field },
        ClientFailure.PartlyDone partly => new JsonObject
        {
            ["done"] = partly.Done.ToJson(),
            ["left"] = partly.Left.ToJson(),
            ["because"] = Slug(partly.Why),
        },
        _ => null,
    };

    private static string[] Advice(ClientFailure failure, CliContext context) => failure switch
    {
        ClientFailure.Revoked =>
        [
            "Somebody removed it from another device, or during a recovery. Its keys here open nothing new.",
            "To make it a device again: keyrecovery recover --code --home DIR, with a new folder.",
        ],
        ClientFailure.Erased => ["Nothing of it can be brought back. That was the point."],
        ClientFailure.VaultLost =>
            ["Open the account on another of its devices: what that one has verified, it gives back to the server."],
        ClientFailure.RolledBack { Log.Index: not null } =>
        [
            "The server's log has a newer change of the account than the server shows. Nothing was changed.",
            "Is a device left? Open the account there: it gives back what it has verified. If not, ask whoever runs "
            + "the server; --json has what proves it.",
        ],
        ClientFailure.RolledBack { Log: not null } =>
        [
            "The account itself is as this device knows it. What it knew of the log is kept, and the other one beside "
            + "it, as evidence: --json shows both.",
            "Whoever runs the server should know, and whoever else watches this log. Until it is explained, do not "
            + "trust what it proves.",
        ],
        ClientFailure.LogKeyChanged =>
        [
            "Nothing was changed, and the account works. Does the operator say, by another way, that the log was begun "
            + "anew? Then: keyrecovery activity --new-log",
        ],
        ClientFailure.RolledBack =>
        [            "Nothing of it was taken over: this device keeps what it has verified.",
            "Was the server restored from a backup? Then open the account on the device that was used last. If not, do "
            + "not trust this server.",
        ],
        ClientFailure.RestoredBehind behind =>
        [
            "Open the account on the device that was used last: what the server lacks, that one gives back.",
            $"Is there none? From {Words.Time(behind.OpensAt)} on: keyrecovery account restored "
            + "--go-on; or on a new device: keyrecovery recover --code",
        ],
        ClientFailure.RestoredWithoutYou =>
        [
            "Nobody removed this device. Link it anew from another one (keyrecovery link show), with a new folder for "
            + "--home: this one still has what it knew.",
        ],
        // What is mistyped here looks the same.
        ClientFailure.ServerLied { Fault: ProtocolFault.OtherBeginning } =>
        [
            $"Is {context.App} the right app (--app)? The recovery kit names it. Nothing of the answer was used.",
            "If it is, whoever runs the server, or stands in between, changed something: tell them, and do not go on.",
        ],
        ClientFailure.UnknownApp =>
            [$"The server is {context.Server}; --app names the app. The recovery kit has both."],
        ClientFailure.ServerLied =>
            [
                "Nothing of it was used. Whoever runs the server, or stands in between, changed something: tell them, "
                + "and do not go on.",
            ],
        ClientFailure.Spoiled when context.HasToldSpoiled => ["Nothing was changed."],
        // Others open the account, and mend the seal.
        ClientFailure.Spoiled { Fault: ProtocolFault.OwnSeal or ProtocolFault.EpochCommit } =>
        [
            "Open the account on a device that still works (keyrecovery account show), which notices and mends it. "
            + "Then try again.",
        ],
        ClientFailure.Spoiled =>
        [
            "On a device of the account: keyrecovery account undo --to 1",
            "By the code, on a new device: keyrecovery recover --code --undo 1",
        ],
        ClientFailure.PointDoesNotOpen => ["The others: keyrecovery account undo. Nothing was changed."],
        ClientFailure.CannotOpen => ["Ask whoever made it for it once more, and for their statement."],
        ClientFailure.UpgradeRequired => ["Nothing of it was touched."],
        ClientFailure.Transient passing =>
            [.. NetworkText.Advice(passing.Cause), $"The server is {context.Server}. Nothing is lost by trying again."],
        ClientFailure.UnknownCode =>
        [
            "The code has no typing mistake. So it was replaced or removed, or it belongs to another server or app:",
            $"this was {context.Server}, app {context.App}. The recovery kit says which it is for.",
        ],
        ClientFailure.NotOfThisAccount => ["Nothing was changed. Who is there: keyrecovery account show"],
        ClientFailure.ReplacementBegun =>
        [
            "The same command with the new code finishes it.",
            "Is the new one lost? keyrecovery code create --replace --with-code --anew, with the old one.",
        ],
        ClientFailure.WrongPassphrase or ClientFailure.GuessWait =>
            [
                "Case and spaces count; how accents and digits are typed does not. The recovery code needs no guess: "
                + "keyrecovery recover --code",
            ],
        ClientFailure.PassphrasePaused => ["On a device of the account: keyrecovery passphrase resume"],
        ClientFailure.PassphraseLocked => ["keyrecovery recover --code, then keyrecovery passphrase set"],
        ClientFailure.UnknownPassphrase =>
            ["With the recovery code: keyrecovery recover --code. On a device: keyrecovery passphrase set"],
        ClientFailure.RealmLied =>
            ["Nothing of it was used. Whoever runs that server, or stands in between, changed something: tell them."],
        ClientFailure.RolledBackByRealm =>
            [
                "Nothing of it was taken over. Is a device left? Open the account there: it gives back what it has "
                + "verified. Or use the recovery code.",
                "To go on with what the server shows: keyrecovery recover --passphrase --accept-older",
            ],
        ClientFailure.RestoredBehindRealm restored =>
            [
                "Is a device left? Open the account there: it gives back what it has verified.",
                "To go on without: keyrecovery recover --passphrase --accept-older. Then look who is there "
                + "(keyrecovery account show): whoever was removed since may be back.",
            ],
        ClientFailure.RealmKnowsNoHome =>
        [
            "Nothing was changed. Whoever runs that server adds this one's key to its configuration, under "
            + "Apps:N:Policy:Homes,",
            $"and starts it anew. The key: curl {context.Server}audit/key",
        ],
        ClientFailure.UnknownRealm => ["--realms FILE names the servers that guard passphrases."],
        ClientFailure.TokenOfAnother => ["--token FILE is to be a token of the user who made the account."],
        ClientFailure.WeakPassphrase => ["keyrecovery passphrase set --generate"],
        ClientFailure.NoSuchAuthority => ["See who is there: keyrecovery device list"],
        ClientFailure.LinkGone or ClientFailure.LinkContested or ClientFailure.LinkEnded
            or ClientFailure.WrongLinkCode =>
        [
            "No key has moved. A new try needs a new code: keyrecovery link show, on the device that has the account.",
            "Is no other device left? Then the recovery code brings everything back: keyrecovery recover --code",
        ],
        ClientFailure.LinkUnfinished =>
        [
            "Whether it is: keyrecovery account show. If not, begin anew with the same commands: keyrecovery link show "
            + "there, keyrecovery link scan here.",
            "On the other device, keyrecovery device list names who is there.",
        ],
        ClientFailure.NoSuchItem => ["See what there is: keyrecovery backup list, keyrecovery backup history NAME"],
        ClientFailure.ItemLost lost =>
            [$"From a copy of your own: keyrecovery backup put {Words.Argument(lost.Name)} FILE"],
        ClientFailure.StoreFailed { IsUnreadable: true } store => HomeText.Advice(store.Trouble, context.Home),
        ClientFailure.StoreFailed =>
            [$"The folder is {context.Home}: make room there, or make it writable. Nothing was sent."],
        ClientFailure.Unexpected bug =>
        [
            "A mistake of this program. Please report it, with these lines:",
            .. $"{bug.Error}".Split('\n', StringSplitOptions.RemoveEmptyEntries),
        ],
        ClientFailure.DeviceState =>
            [
                $"The folder is {context.Home}; --home names another.",
                "Is the account to be on this device? With its code: keyrecovery recover --code. From another device: "
                + "keyrecovery link show there, and keyrecovery link scan here.",
            ],
        ClientFailure.Refused { Type: ProblemTypes.YoungAuthority } young =>
            Young(young.TrustedFrom ?? context.TrustedFrom, context.TakesCode),
        ClientFailure.Refused { Type: ProblemTypes.LimitReached } limit => LimitText.Advice(limit.Field),
        ClientFailure.Refused { Type: ProblemTypes.TokenInvalid } =>
            [.. TokenText.Advice(context.Token, DateTimeOffset.UtcNow), .. Advice(ProblemTypes.TokenInvalid)],
        ClientFailure.Refused { Field: { } field } when field.EndsWith(OtherBeginning, StringComparison.Ordinal) =>
            [$"The token is of another app than {context.App}: --app names it."],
        ClientFailure.Refused refused => Advice(refused.Type),
        ClientFailure.PartlyDone partly => Advice(partly.Why, context),
        ClientFailure.CreatedWithoutPassphrase created =>
            ["The account is made. Set its passphrase: keyrecovery passphrase set", .. Advice(created.Why, context)],
        ClientFailure.Conflict => 
            ["Nothing was replaced. Look at both sides, and run the command again to keep yours."],
        ClientFailure.HomeKeyChanged =>
        [
            "Nothing was changed. Whoever runs the server says whether it was set up anew; ask by another way.",
        ],
        ClientFailure.RealmUnreachable or ClientFailure.TooFewRealms =>
        [
            "No guess is lost by trying again. How they stand: keyrecovery passphrase status. The recovery code needs "
            + "none of them: keyrecovery recover --code",
        ],
        _ => [],
    };

    private static readonly string OtherBeginning = RuleWords.Of(ProtocolFault.OtherBeginning);

    private const string WithCode = "Or sign with the recovery code: the same command with --with-code.";

    private static string[] Young(DateTimeOffset? trustedFrom, bool takesCode) =>
    [
        trustedFrom is { } from
            ? $"Whoever signs here is new to the account: until {Words.Time(from)} it removes nobody, and erases "
                + "nothing."
            : "Whoever signs here, this device or a code that a new device made, is new to the account and may not do "
                + "that for three days.",
        "Today it stores and reads everything, and adds a code or a device. An older device may do the rest at once.",
        .. takesCode ? (string[])[WithCode] : [],
    ];

    private static string[] Advice(string type) => type switch
    {
        ProblemTypes.AccountExists =>
        [
            "This user of the app has an account already, and it is not overwritten.",
            "With its recovery code: keyrecovery recover --code",
        ],
        ProblemTypes.Unauthenticated or ProblemTypes.TokenInvalid =>
            ["A token of the app is needed: --token FILE. For development: keyrecovery token --subject NAME > FILE"],
        ProblemTypes.ClockSkew => ["Set the clock of this machine, then try again."],
        ProblemTypes.TooLarge => ["The limits are told by GET /v1/config."],
        ProblemTypes.SignatureInvalid =>
        [
            "The server knows no such device: is it the right one (--server)? The recovery kit names it.",
            "Or it lost the account. With the code: keyrecovery code check",
        ],
        ProblemTypes.Forbidden =>
            ["Nothing was changed. Another device of the account may, or whoever runs the server."],
        ProblemTypes.NotFound => ["Nothing was changed. What there is: keyrecovery account show"],
        ProblemTypes.Conflict or ProblemTypes.SlotExists =>
            ["Nothing was replaced. What there is: keyrecovery account show"],
        ProblemTypes.Suspended =>
        [
            "What is in it can be read: keyrecovery get. It can be erased: keyrecovery erase. Nothing else changes "
            + "until the app's service ends the suspension; its support can tell why.",
        ],
        ProblemTypes.QuotaReached =>
        [
            "All that is stored can be read, replaced by less, removed and erased. The app's support can tell more: "
            + "its service has used up the room that it has at this server.",
        ],
        ProblemTypes.GuessWait or ProblemTypes.SlotPaused or ProblemTypes.SlotLocked =>
            ["How it stands: keyrecovery passphrase status. The recovery code needs no guess."],
        ProblemTypes.RateLimited or ProblemTypes.Unavailable or ProblemTypes.Internal or ProblemTypes.StorageFull
            or ProblemTypes.Timeout =>
            ["Try again later: nothing is lost by it. Whoever runs the server can tell more."],
        ProblemTypes.StaleVersion => ["Another device was faster. Try again: nothing was replaced."],
        // What this program sends, the server does not read.
        _ =>
        [
            "Nothing was changed. Is this program, or the server, much older than the other? keyrecovery --version, "
            + "and whoever runs the server knows its own.",
        ],
    };
}
