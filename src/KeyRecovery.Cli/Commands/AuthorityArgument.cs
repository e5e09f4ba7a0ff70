using System.CommandLine;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Cli.Output;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Cli.Commands;

/// <summary>A device or code of the account, named by its name, its id or the beginning of it.</summary>
internal static class AuthorityArgument
{
    private const int ShortestBeginning = 4;

    public static Argument<string> Make() =>
        new("ID") { Description = "Its name, its id, or the first characters of that" };

    /// <summary>The one that is meant. A name that several have, or that begins another's id, names nobody.</summary>
    /// <param name="vault">The account.</param>
    /// <param name="value">What was typed.</param>
    /// <param name="others">Who can be meant as well, though no longer there.</param>
    public static AuthorityId Find(VaultSession vault, string value, params IEnumerable<AuthorityId> others)
    {
        // Who spoiled the account may have come in since the state that this device knows.
        var ids = vault.Authorities.Select(a => a.Id).Concat(others);
        if (vault.Spoiled is { } spoiled) ids = ids.Append(spoiled.By);
        var byId = ids.Where(id => value.Length >= ShortestBeginning
            && id.ToString().StartsWith(value, StringComparison.Ordinal));
        var named = vault.Authorities.Where(a => GivenName.AreSame(Words.Name(a), value)).ToList();
        // A device may call itself as a code is called: a name that somebody gave goes first.
        if (named.Exists(a => a.Name.Length > 0)) named.RemoveAll(a => a.Name.Length == 0);
        var found = byId.Concat(named.Select(a => a.Id)).Distinct().ToList();
        if (found is [var one]) return one;
        throw new CommandException(found.Count == 0
            ? CliFailure.Usage(
                $"{value} is no name and no id of the account",
                "Names and ids are in keyrecovery device list, and keyrecovery account show. Nothing was changed.")
            : CliFailure.Usage(
                $"{value} names several",
                [.. found.Select(id => $"{id}: {Describe(vault, id)}"), "Give the id of one. Nothing was changed."]));
    }

    private static string Describe(VaultSession vault, AuthorityId id) =>
        vault.Authorities.FirstOrDefault(a => a.Id == id) is { } known
            ? $"{Words.Name(known)}, {Words.Kind(known.Kind)}, added {Words.Time(known.Added)}"
            : "no longer there";
}
