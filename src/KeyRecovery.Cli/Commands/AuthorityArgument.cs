using System.CommandLine;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Protocol.Wire;

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
        var byName = vault.Authorities.Where(a => a.Name.Length > 0 && a.Name == value).Select(a => a.Id);
        var found = byId.Concat(byName).Distinct().ToList();
        return found is [var one]
            ? one
            : throw new CommandException(CliFailure.Usage(
                found.Count > 1 ? $"{value} names several" : $"{value} is no name and no id of the account",
                "Names and ids are in keyrecovery device list. Nothing was changed."));
    }
}
