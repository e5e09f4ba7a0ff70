using System.Collections.Immutable;
using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Cli.Output;

/// <summary>What a restore of the server did to an account, for people and programs.</summary>
internal static class RestoreText
{
    /// <summary>One line, where something is to be looked at; null where nothing is.</summary>
    public static string? Note(VaultSession vault)
    {
        const string More = "see keyrecovery account restored";
        if (vault.Behind is { } behind)
            return $"the server was restored from a backup on {Words.Time(behind.RestoredAt)} and takes no change "
                + $"before a device has brought what it lacks: {More}";
        if (vault.Conflicts is not [.., var newest]) return null;
        var back = newest.ReturnedAuthorities.IsEmpty ? ""
            : $"; {Words.List(newest.ReturnedAuthorities.Select(Words.Name))}, removed before, is back";
        return $"the server was restored from a backup on {Words.Time(newest.RestoredAt)} and does not have all that "
            + $"this device knew{back}: {More}";
    }

    public static void Write(
        Terminal people, DateTimeOffset? restoredAt, BehindInfo? behind,
        ImmutableArray<RestoreConflictInfo> conflicts)
    {
        if (restoredAt is not { } at)
        {
            people.WriteLine("The server says of no restore.");
            return;
        }

        people.WriteLine($"The server says, signed, that it was restored from a backup on {Words.Time(at)}.");
        if (behind is not null) Write(people, behind);
        foreach (var conflict in conflicts) Write(people, conflict);
        if (behind is null && conflicts.IsEmpty) people.WriteLine("Nothing that this device knew is missing.");
    }

    public static JsonObject Json(BehindInfo behind) => new JsonObject
    {
        ["restoredAt"] = behind.RestoredAt,
        ["opensAt"] = behind.OpensAt,
        ["leaving"] = behind.Leaving.Select(AuthorityTable.Json).ToJson(),
    };

    public static JsonObject Json(RestoreConflictInfo conflict) => new JsonObject
    {
        ["restoredAt"] = conflict.RestoredAt,
        ["fault"] = RuleWords.Of(conflict.Fault),
        ["knownVersion"] = conflict.KnownVersion,
        ["lostItems"] = conflict.LostItems.ToJson(),
        ["lostAuthorities"] = conflict.LostAuthorities.Select(AuthorityTable.Json).ToJson(),
        ["returnedAuthorities"] = conflict.ReturnedAuthorities.Select(AuthorityTable.Json).ToJson(),
    };

    private static void Write(Terminal people, BehindInfo behind)
    {
        people.WriteLine(
            "It lacks the newest change of who may act, and takes no change before a device that has it opens the "
            + "account. Open the account on the device that was used last.");
        people.WriteLine(
            $"Is there none, then from {Words.Time(behind.OpensAt)} on: keyrecovery account restored --go-on");
        if (!behind.Leaving.IsEmpty)
            people.WriteLine(
                $"That removes again who was removed since: {Words.List(behind.Leaving.Select(Words.Name))}.");
    }

    private static void Write(Terminal people, RestoreConflictInfo conflict)
    {
        if (!conflict.LostItems.IsEmpty)
            people.WriteLine(
                $"Lost, or older than here: {Words.List(conflict.LostItems)}. Store them again: "
                + "keyrecovery backup put NAME FILE");
        if (!conflict.LostAuthorities.IsEmpty)
            people.WriteLine(
                $"Not in the account any more: {Words.List(conflict.LostAuthorities.Select(Words.Name))}. Link or "
                + "make them anew.");
        if (!conflict.ReturnedAuthorities.IsEmpty)
            people.WriteLine(
                $"Back, though removed: {Words.List(conflict.ReturnedAuthorities.Select(Words.Name))}. Remove again: "
                + "keyrecovery device revoke NAME");
        if (conflict.LostItems.IsEmpty && conflict.LostAuthorities.IsEmpty && conflict.ReturnedAuthorities.IsEmpty)
            people.WriteLine(
                $"This device knew version {conflict.KnownVersion} of the account, and the server has another history "
                + "since. No item is lost.");
    }
}
