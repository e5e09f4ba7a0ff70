using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using KeyRecovery.Api.Auth;
using KeyRecovery.Api.Http;
using KeyRecovery.Api.Tests.Faults;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service;
using KeyRecovery.Service.Linking;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace KeyRecovery.Api.Tests.Threats;

/// <summary>
/// F22: a sender decides how long its body takes. A device that is removed, or whose account is erased, between its
/// request's head and the rest of its body, is refused, and nothing is written.
/// </summary>
[Collection(GateCounts.Alone)]
public sealed class SlowBodyTests : IAsyncLifetime
{
    private TestHost _host = null!;

    /// <summary>
    /// What a device or slot of an account sends to each signed route with a body. A new route needs a row.
    /// </summary>
    private static readonly Dictionary<string, Row> Rows = new()
    {
        ["putItem"] = new(204, 403, "revoked", (vault, _) =>
        {
            var (item, _) = TestAccount.Put(vault, RandomNumberGenerator.GetBytes(1_000));
            return new(HttpMethod.Put, $"/v1/items/{Hash256.Of(item)}", CborBody.Octets, item);
        }),
        ["commit"] = new(200, 403, "revoked", (vault, laptop) =>
            new(HttpMethod.Post, "/v1/commits", CborBody.Cbor, TestAccount.ItemCommit(vault, laptop).Encode())),
        ["readItems"] = new(200, 403, "revoked", (_, _) =>
            new(HttpMethod.Post, "/v1/items/read", CborBody.Cbor, new ItemBatchRequest([Hash256.Of([1])]).Encode())),
        ["openLink"] = new(201, 403, "revoked",
            (_, _) => new(HttpMethod.Post, "/v1/links", "application/json", JsonSerializer.SerializeToUtf8Bytes(new
            {
                sessionId = Base64UrlText.Encode(RandomNumberGenerator.GetBytes(16)),
                joinTokenHash = $"{Hash256.Of([1])}",
                bearerHash = $"{Hash256.Of([2])}",
            }))),
        // A slot: one that is gone is as unknown as any other.
        ["recover"] = new(200, 401, "signature-invalid",
            (_, _) => new(HttpMethod.Post, "/v1/recovery", "application/json", "{\"manifestAfter\":1}"u8.ToArray()))
        {
            Sender = () => Party.Code(), IfErased = (401, "signature-invalid"),
        },
        // It reads the account after its body in any case, and its chain is one from before the removal.
        ["repair"] = new(200, 422, "refused", (vault, _) =>
            new(HttpMethod.Post, "/v1/repair", CborBody.Cbor, Contract.VaultTests.Repair(vault).Encode())),
    };

    [Fact]
    public void F22_every_signed_route_with_a_body_has_a_row()
    {
        var routes = _host.Services.GetRequiredService<EndpointDataSource>().Endpoints
            .Where(e => e.Metadata.GetMetadata<Signed>() is not null
                || e.Metadata.GetMetadata<SignedByContent>() is not null)
            .Where(e => e.Metadata.GetMetadata<BodyLimit>() is not { Bytes: 0 })
            .Select(e => e.Metadata.GetMetadata<IEndpointNameMetadata>()!.EndpointName);
        Assert.Equal(Rows.Keys.Order(), routes.Order());
    }

    [Fact]
    public async Task F22_a_device_that_is_removed_meanwhile_is_refused_and_nothing_is_written()
    {
        foreach (var (name, row) in Rows)
        {
            await using var slow = await SlowRequest.BeginAsync(_host, row);
            await slow.Account.CommittedAsync(
                slow.Account.Phone, TestAccount.LinkCommit(slow.Vault, slow.Account.Phone, [], [slow.Sender.Id]));
            await slow.RefusedAsync(name, row.StatusIfRemoved, row.SlugIfRemoved);
        }
    }

    [Fact]
    public async Task F22_so_is_one_whose_account_is_erased_meanwhile()
    {
        foreach (var (name, row) in Rows)
        {
            await using var slow = await SlowRequest.BeginAsync(_host, row);
            using var erased = await slow.Account.SendAsync(slow.Account.Phone, HttpMethod.Post, "/v1/erasure?round=0");
            Assert.Equal(HttpStatusCode.Accepted, erased.StatusCode);
            using var gone = await slow.Account.SendAsync(slow.Account.Phone, HttpMethod.Get, "/v1/vault");
            await ProblemAssert.IsAsync(gone, HttpStatusCode.Gone, "erased");
            await slow.RefusedAsync(name, row.IfErased.Status, row.IfErased.Slug);
        }
    }

    [Fact]
    public async Task F22_control_one_that_stays_is_answered_as_ever()
    {
        foreach (var (name, row) in Rows)
        {
            await using var slow = await SlowRequest.BeginAsync(_host, row);
            Assert.Equal((name, row.Status), (name, (await slow.EndAsync()).Status));
        }
    }

    [Fact]
    public async Task F22_a_request_that_comes_whole_passes_the_gate_once_and_one_that_waits_twice()
    {
        using var counts = GateCounts.Start();
        var row = Rows["putItem"];
        await using (var slow = await SlowRequest.BeginAsync(_host, row))
        {
            await slow.EndAsync();
            Assert.Equal(2, slow.Counts.Verifications);
        }

        var account = await TestAccount.CreateAsync(_host);
        using var vault = await account.OpenAsync();
        var whole = row.Make(vault, account.Phone);
        counts.Reset();
        using var connection = await RawConnection.OpenAsync(_host.Address);
        await connection.SendHeadAsync(
            whole.Method, whole.Target, whole.Headers(account.Phone.Of(account.Id), _host.Address), whole.Body);
        Assert.Equal(row.Status, (await connection.ReadAnswerAsync()).Status);
        Assert.Equal(1, counts.Verifications);
    }

    public async Task InitializeAsync() =>
        _host = await TestHost.StartAsync(
            // The laptop is trusted at once: a repair is none of a young device.
            new(VaultFixture.Settings)
            {
                ["LogLevel"] = "Information", ["Apps:0:Policy:Erasure:HoldHours"] = "0",
                ["Apps:0:Policy:TrustAfterHours"] = "0",
            });

    public async Task DisposeAsync()
    {
        await using (_host) AlarmLines.AssertNone(_host.ReadLog());
    }

    private sealed record Row(int Status, int StatusIfRemoved, string SlugIfRemoved, Func<OpenVault, Party, Sent> Make)
    {
        public Func<Party> Sender { get; init; } = Party.Device;

        public (int Status, string Slug) IfErased { get; init; } = (410, "erased");
    }

    private sealed record Sent(HttpMethod Method, string Target, string Type, byte[] Body)
    {
        public IEnumerable<(string, string)> Headers(Signer by, Uri server) =>
            [.. by.Headers(server, Method, Target, Body), ("Content-Type", Type), ("Content-Length", $"{Body.Length}")];
    }

    // Head and half a body of the sender's, which the server has found nothing wrong with.
    private sealed class SlowRequest : IAsyncDisposable
    {
        public required TestAccount Account { get; init; }

        public required Party Sender { get; init; }

        public required OpenVault Vault { get; init; }

        public required GateCounts Counts { get; init; }

        private RawConnection Connection { get; init; } = null!;

        private byte[] Rest { get; init; } = null!;

        public static async Task<SlowRequest> BeginAsync(TestHost host, Row row)
        {
            var (account, sender) = (await TestAccount.CreateAsync(host), row.Sender());
            using (var before = await account.OpenAsync())
                await account.CommittedAsync(
                    account.Phone, TestAccount.LinkCommit(before, account.Phone, [sender], []));
            var vault = await account.OpenAsync();
            var sent = row.Make(vault, sender);
            var half = sent.Body.Length / 2;
            var counts = GateCounts.Start();
            var connection = await RawConnection.OpenAsync(host.Address);
            await connection.SendHeadAsync(
                sent.Method, sent.Target, sent.Headers(sender.Of(account.Id), host.Address), sent.Body[..half]);
            using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
            while (counts.All.Reads == 0 || (sent.Target != "/v1/repair" && counts.Verifications == 0))
                await Task.Delay(5, patience.Token);
            return new SlowRequest { Account = account, Sender = sender, Vault = vault, Counts = counts,
                Connection = connection, Rest = sent.Body[half..] };
        }

        public async Task<(int Status, string Body)> EndAsync()
        {
            await Connection.SendAsync(Rest);
            return await Connection.ReadAnswerAsync();
        }

        public async Task RefusedAsync(string name, int status, string slug)
        {
            var before = await StoreSnapshot.TakeAsync(Account.Host);
            var relay = (LocalLinkRelay)Account.Host.Services.GetRequiredService<KeyRecoveryService>().Links;
            var links = relay.Count;
            var (answered, body) = await EndAsync();
            Assert.True(answered == status && body.Contains($":{slug}\"", StringComparison.Ordinal),
                $"{name}: {answered} {body}");
            Assert.Equal(before, await StoreSnapshot.TakeAsync(Account.Host));
            Assert.Equal(links, relay.Count);
        }

        public ValueTask DisposeAsync()
        {
            Connection.Dispose();
            Vault.Dispose();
            Counts.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
