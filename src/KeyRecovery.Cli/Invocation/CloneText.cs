using System.Text.Json.Nodes;
using KeyRecovery.Cli.Output;

namespace KeyRecovery.Cli.Invocation;

/// <summary>Something else has used this device's keys: what that means, and the ways out.</summary>
internal static class CloneText
{
    /// <summary>On either of the two.</summary>
    public static string Note(VaultSession vault, CloneInfo clone) =>
        $"clone suspected: on {Words.Time(clone.SeenAt)} the account had a change (version {clone.Version}) that was "
        + "made with this device's keys and not by this device. Its data was copied, or put back from an older backup. "
        + "If you put it back yourself and use no other copy: keyrecovery account show --not-cloned. If not, somebody "
        + "has this device's keys: on another device, keyrecovery device revoke "
        + $"{vault.Device} --stolen; or with the code, keyrecovery recover --code --home NEW --remove {vault.Device} "
        + "--stolen. Then link this one anew, with a new folder for --home";

    /// <summary>For machines.</summary>
    public static JsonObject Json(CloneInfo clone) => new()
    {
        ["seenAt"] = clone.SeenAt,
        ["version"] = clone.Version,
    };
}
