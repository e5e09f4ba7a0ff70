using System.Text.Json.Nodes;
using KeyRecovery.Cli.Output;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Cli.Invocation;

/// <summary>What one of its devices wrote keeps an account from opening: who did it, and the ways out.</summary>
internal static class SpoiledText
{
    /// <summary>On a device of the account, which keeps what it had.</summary>
    public static string Note(VaultSession vault, ClientFailure.Spoiled spoiled)
    {
        var names = new AuthorityNames(vault.Authorities);
        return $"{names.Of(spoiled.By)} has written what nobody can open. You see what this device kept from before, "
            + "and nothing can be stored. Two ways out, both remove who did it and go back to what was kept: "
            + $"keyrecovery account undo --to 1, or keyrecovery device revoke {names.ArgumentOf(spoiled.By)}";
    }

    /// <summary>For machines.</summary>
    public static JsonObject Json(ClientFailure.Spoiled spoiled) => new JsonObject
    {
        ["by"] = spoiled.By.ToString(), ["name"] = spoiled.Name.Length == 0 ? null : spoiled.Name,
        ["fault"] = RuleWords.Of(spoiled.Fault),
    };
}
