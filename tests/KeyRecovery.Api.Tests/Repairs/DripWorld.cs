using System.Net;
using KeyRecovery.Api.RateLimiting;
using KeyRecovery.Api.Tests.Faults;
using KeyRecovery.Api.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace KeyRecovery.Api.Tests.Repairs;

/// <summary>An account whose owner repairs it, and strangers who drip beside that.</summary>
internal sealed class DripWorld : IAsyncDisposable
{
    private readonly TestHost _host;
    private readonly TestAccount _account;

    private DripWorld(TestHost host, TestAccount account) => (_host, _account) = (host, account);

    public RepairGate Gate => _host.Services.GetRequiredService<RepairGate>();

    public static async Task<DripWorld> OpenAsync(Action<WebApplicationBuilder>? adjust = null)
    {
        var host = await TestHost.StartAsync(
            new(VaultFixture.Settings) { ["LogLevel"] = "Information" }, adjust: adjust);
        return new DripWorld(host, await TestAccount.CreateAsync(host));
    }

    public async ValueTask DisposeAsync()
    {
        await using (_host) AlarmLines.AssertNone(_host.ReadLog());
    }

    /// <summary>The owner's repair.</summary>
    public async Task<HttpResponseMessage> RepairAsync()
    {
        using var vault = await _account.OpenAsync();
        return await _account.SendAsync(
            _account.Phone, HttpMethod.Post, "/v1/repair", Contract.VaultTests.Repair(vault).Encode());
    }

    /// <summary>The head of a repair of this account by nobody, and its first byte.</summary>
    public async Task<RawConnection> DripAsync(IPAddress from, int length = 100_000)
    {
        var connection = await RawConnection.OpenAsync(_host.Address, from);
        var headers = Party.Device().Of(_account.Id)
            .Headers(_host.Address, HttpMethod.Post, "/v1/repair", new byte[length]);
        await connection.SendHeadAsync(
            HttpMethod.Post, "/v1/repair",
            [.. headers, ("Content-Type", "application/cbor"), ("Content-Length", $"{length}")], and: [0]);
        return connection;
    }

    /// <summary>Waits for what must come, however busy the machine is.</summary>
    public static async Task UntilAsync(Func<bool> isSo)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!isSo()) await Task.Delay(5, patience.Token);
    }
}
