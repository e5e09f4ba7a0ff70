using KeyRecovery.Client.Http;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Vaults;

/// <summary>
/// A beginning that does not fit the app may be a lie, and is as a rule an app's id that is not the server's: that is
/// asked before anybody is accused.
/// </summary>
internal static class AppCheck
{
    /// <summary>The failure; or that the server has no such app, where that explains it.</summary>
    public static async Task<ClientFailure> ExplainAsync(
        VaultApi api, string app, ClientFailure failure, CancellationToken ct) =>
        IsOfBeginning(failure)
        && await api.GetConfigAsync(app, ct) is Answer.Problem { Type: ProblemTypes.NotFound, Details.Field: "app" }
            ? new ClientFailure.UnknownApp(app) : failure;

    private static bool IsOfBeginning(ClientFailure failure) => failure switch
    {
        ClientFailure.ServerLied lied => lied.Fault == ProtocolFault.OtherBeginning,
        ClientFailure.Refused { Type: ProblemTypes.Refused, Field: { } field } =>
            field.EndsWith(RuleWords.Of(ProtocolFault.OtherBeginning), StringComparison.Ordinal),
        _ => false,
    };
}
