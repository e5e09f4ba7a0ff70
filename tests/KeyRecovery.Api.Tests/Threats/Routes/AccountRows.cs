using System.Collections.Immutable;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Protocol.Vault;
using static KeyRecovery.Api.Tests.Threats.Routes.Callers;

namespace KeyRecovery.Api.Tests.Threats.Routes;

/// <summary>The routes of an account and its chain: docs/protocol.md §9.2, §15.2.</summary>
internal static class AccountRows
{
    /// <summary>§9.1: nobody like that, whether or not there is such an account.</summary>
    internal static readonly ImmutableArray<(Callers, string)> Strangers =
        [(Unsigned, "401 unauthenticated"), (Signers, "401 signature-invalid")];

    internal static readonly ImmutableArray<(Callers, string)> Readers =
        [(Unsigned, "401 unauthenticated"), (Removed, "403 revoked"), (Members, "200")];

    public static ImmutableArray<RouteRow> All { get; } =
    [
        // The same beginning is the same account: its lookup and key row are written again, so that no sweep of what a
        // cut creation left takes them.
        new("POST /v1/accounts", BeginAsync)
        {
            Own = [(Tokenless, "401 unauthenticated"), (Operators, "401 token-invalid"),
                (OtherToken, "422 refused"), (Token, "201 writes")],
            Other = [(Tokenless, "401 unauthenticated"), (Operators, "401 token-invalid"),
                (OtherToken, "422 refused"), (Token, "409 account-exists")],
        },
        new("GET /v1/vault", visit => Task.FromResult(visit.Send(HttpMethod.Get, "/v1/vault")))
        {
            Own = Readers, Other = Strangers,
        },
        new("POST /v1/commits", CommitAsync)
        {
            Own = [(Unsigned, "401 unauthenticated"), (Removed, "403 revoked"), (Members, "200 writes")],
            Other = Strangers,
            Foreign = [(Device | Young, "422 refused")],
        },
        new("POST /v1/recovery", visit => Task.FromResult(visit.Send(HttpMethod.Post, "/v1/recovery")))
        {
            Own = [(Unsigned, "401 unauthenticated"), (Removed, "403 revoked"), (Device | Young, "403 forbidden"),
                (Code, "200")],
            Other = Strangers,
        },
        // What the server has already is no repair: it changes nothing, and so asks for no age. Who does not stand at
        // the end of the chain that it sends breaks a rule of §7.
        new("POST /v1/repair", RepairAsync)
        {
            Own = [(Unsigned, "401 unauthenticated"), (Removed, "422 refused"), (Members, "200")],
            Other = Strangers,
            Foreign = [(Members, "401 signature-invalid")],
        },
        new("GET /v1/restore-points",
            visit => Task.FromResult(visit.Send(HttpMethod.Get, "/v1/restore-points")))
        {
            Own = Readers, Other = Strangers,
        },
        new("GET /v1/restore-points/{manifestHash}",
            visit => Task.FromResult(visit.Send(HttpMethod.Get, $"/v1/restore-points/{visit.Named.Point}")))
        {
            Own = Readers, Other = Strangers, Foreign = [(Members, "404 not-found")],
        },
        new("GET /v1/activity", visit => Task.FromResult(visit.Send(HttpMethod.Get, "/v1/activity")))
        {
            Own = Readers, Other = Strangers,
        },
        // Whoever has the code alone recovers first, which the devices hear of; they hear of each export as well.
        new("GET /v1/export", visit => Task.FromResult(visit.Send(HttpMethod.Get, "/v1/export")))
        {
            Own = [(Unsigned, "401 unauthenticated"), (Removed, "403 revoked"), (Code, "403 forbidden"),
                (Device | Young, "200 writes")],
            Other = Strangers,
        },
        new("POST /v1/erasure", ByRound(HttpMethod.Post))
        {
            Own = [(Unsigned, "401 unauthenticated"), (Removed, "403 revoked"), (Young, "403 young-authority"),
                (Code, "403 forbidden"), (Device, "202 writes")],
            Other = Strangers,
            Settle = (visit, _) => visit.Scene.ToldAsync(),
        },
        new("GET /v1/erasure", visit => Task.FromResult(visit.Send(HttpMethod.Get, "/v1/erasure")))
        {
            Own = Readers, Other = Strangers,
        },
        // Who was removed in the 72 h before the request may cancel too.
        new("DELETE /v1/erasure", ByRound(HttpMethod.Delete))
        {
            Own = [(Unsigned, "401 unauthenticated"), (Signers, "204 writes")],
            Other = Strangers,
            Prepare = scene => scene.HoldAsync(), Settle = (visit, _) => visit.Scene.ToldAsync(),
        },
    ];

    private static Func<Visit, Task<HttpRequestMessage>> ByRound(HttpMethod method) => async visit =>
        visit.Send(method, $"/v1/erasure?round={await visit.Scene.RoundAsync()}");

    private static Task<HttpRequestMessage> BeginAsync(Visit visit)
    {
        var begin = visit.Aim == Aim.Absent ? Party.Device().Begin("demo") : visit.Named.Account.Begin;
        return Task.FromResult(visit.Send(HttpMethod.Post, "/v1/accounts", begin.Encode()));
    }

    private static async Task<HttpRequestMessage> CommitAsync(Visit visit)
    {
        using var vault = await visit.Named.Account.OpenAsync();
        var author = visit.Author;
        var commit = author == visit.Scene.Mine.Account.Code
            ? TestAccount.LinkCommit(vault, author, [Party.Device()], [])
            : TestAccount.ItemCommit(vault, author);
        if (visit.Aim == Aim.Missing)
            commit = commit with
            {
                Manifest = SignedManifest.Sign(
                    commit.Manifest.Manifest with { Account = visit.Named.Id }, author.Signing),
            };
        return visit.Send(HttpMethod.Post, "/v1/commits", commit.Encode());
    }

    private static async Task<HttpRequestMessage> RepairAsync(Visit visit)
    {
        using var vault = await visit.Named.Account.OpenAsync();
        var begin = Party.Device().Begin("demo");
        var repair = visit.Aim == Aim.Missing
            ? new RepairBundle([begin.Link!], [begin.Keyset!], begin.Manifest)
            : Contract.VaultTests.Repair(vault);
        return visit.Send(HttpMethod.Post, "/v1/repair", repair.Encode());
    }
}
