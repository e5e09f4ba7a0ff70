using System.CommandLine;
using KeyRecovery.Cli.Failures;

namespace KeyRecovery.Cli.Commands;

/// <summary>A device or code of the account, named by its id or the beginning of it.</summary>
internal static class AuthorityArgument
{
    private const int ShortestBeginning = 4;

    public static Argument<string> Make() => new("ID") { Description = "Its id, or the first characters of it" };

    public static AuthorityInfo Find(VaultSession vault, string value)
    {
        var found = vault.Authorities.Where(a => a.Id.ToString().StartsWith(value, StringComparison.Ordinal)).ToList();
        return value.Length >= ShortestBeginning && found is [var one]
            ? one
            : throw new CommandException(CliFailure.Usage(
                found.Count > 1 ? $"{value} is the beginning of several ids" : $"{value} is no id of the account",
                "The ids are in keyrecovery device list. Nothing was changed."));
    }
}
