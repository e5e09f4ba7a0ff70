using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using KeyRecovery.Cli.Demo.Telling;
using KeyRecovery.Cli.Demo.World;
using KeyRecovery.Cli.Development;
using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Cli.Demo.Steps;

/// <summary>Alex leaves: the privacy officer erases the account, and the receipt stands on its own.</summary>
internal sealed class EraseStep : DemoStep
{
    public override string Name => "erase";

    public override string Title => "Alex leaves, and everything becomes unreadable";

    public override async Task RunAsync(DemoWorld world, StepTale tale, CancellationToken ct)
    {
        using var http = new HttpClient { BaseAddress = world.Host.Address };
        var account = world.NewPhone.Vault.Account;
        var key = (await http.GetJsonAsync("/audit/key", ct)).GetProperty("key").GetString();
        var asked = await world.NewPhone.Vault.RequestErasureAsync(ct);
        tale.Holds(
            asked is Result<ErasureStatus>.Failed { Failure: ClientFailure.Refused tooYoung }
                && tooYoung.Type == ProblemTypes.YoungAuthority,
            "the new phone asks, and is refused: it came with the paper today, and whoever finds a paper must "
            + "not erase");

        using var minted = await http.PostJsonAsync(
            "/v1/dev/tokens",
            new JsonObject { ["subject"] = "officer", ["app"] = DemoWorld.App, ["scope"] = "keyrecovery.erase" }, ct);
        var token = (await minted.ReadJsonAsync(ct)).GetProperty("token").GetString();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var lines = new StringContent(
            new JsonObject { ["subject"] = world.Subject }.ToJsonString() + "\n",
            Encoding.UTF8, "application/x-ndjson");
        using var filed = await http.PostAsync("/v1/admin/erasures", lines, ct);
        var job = (await filed.ReadJsonAsync(ct)).GetProperty("job").GetString();
        JsonElement report;
        while ((report = await http.GetJsonAsync($"/v1/admin/erasures/{job}", ct)).GetProperty("state").GetString()
            != "done") await Task.Delay(50, ct);
        tale.Holds(report.GetProperty("erased").GetInt32() == 1,
            "the privacy officer files Alex's wish, as one line of a job");

        var refused = await world.NewPhone.Vault.RefreshAsync(ct);
        var receipt = refused is Result<VaultSession>.Failed { Failure: ClientFailure.Erased { Receipt: { } bytes } }
            ? SignedErasureReceipt.Decode(bytes) : null;
        tale.Holds(receipt is not null, "the phone hears that the account was erased, with the receipt");
        var recovered = await world.Device("another machine", "after").Client.BeginRecoveryAsync(world.Code, null, ct);
        tale.Holds(recovered is not Result<RecoverySession>.Ok,
            "the code on the paper opens nothing any more");
        tale.Holds(Base64UrlText.TryDecode(key, VerifyKey.Size, out var auditKey)
            && receipt!.IsSignedBy(new VerifyKey(auditKey)) && receipt.Receipt.IsOf(account),
            "the receipt verifies, without asking the server, and is about this account");
        tale.Holds(receipt!.Receipt.Proofs.Contains(ErasureProof.RowUnopened)
            && receipt.Receipt.Proofs.Contains(ErasureProof.JournalsEmptied),
            "it says what was seen: no key, a kept row that no longer opens, no rows, empty journals");
        tale.Fact("level", receipt.Receipt.Level);
        tale.Fact("proofs", receipt.Receipt.Proofs.Length);
    }
}
