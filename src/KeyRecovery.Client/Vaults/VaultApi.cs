using System.Text.Json;
using KeyRecovery.Client.Devices;
using KeyRecovery.Client.Http;
using KeyRecovery.Client.Realms;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Client.Vaults;

/// <summary>The routes of docs/protocol.md §9.2, typed. Nothing here is verified.</summary>
internal sealed class VaultApi(ApiTransport transport, RealmDirectory realms)
{
    // A chain, manifests and points at their limits, with the activity of years, in base64.
    private const int MostExport = 64 * 1024 * 1024;

    /// <summary>The servers that guard passphrases.</summary>
    public RealmDirectory Realms => realms;

    public ApiTransport Transport => transport;

    public ulong NowSeconds => transport.NowSeconds;

    public Task<Answer> CreateAccountAsync(string token, ReadOnlyMemory<byte> commit, CancellationToken ct) =>
        transport.SendAsync(ApiRequest.Post("/v1/accounts", commit) with { Token = token }, null, ct);

    public Task<Answer> CommitAsync(
        DeviceKeys signer, ReadOnlyMemory<byte> commit, string? token, CancellationToken ct) =>
        transport.SendAsync(ApiRequest.Post("/v1/commits", commit) with { Token = token }, signer, ct);

    /// <param name="signer">Who asks.</param>
    /// <param name="linksAfter">The newest link that is known; null for all.</param>
    /// <param name="manifestAfter">The version from which on the manifests' hashes are told.</param>
    /// <param name="known">The manifest that is known.</param>
    /// <param name="ct">Cancels.</param>
    public Task<Answer> GetVaultAsync(
        DeviceKeys signer, ulong? linksAfter, ulong manifestAfter, Hash256? known, CancellationToken ct) =>
        transport.SendAsync(
            ApiRequest.Get(linksAfter is { } n
                ? $"/v1/vault?linksAfter={n}&manifestAfter={manifestAfter}"
                : $"/v1/vault?manifestAfter={manifestAfter}") with { IfNoneMatch = known?.ToString() }, signer, ct);

    /// <param name="app">The app whose policy is wanted.</param>
    /// <param name="ct">Cancels.</param>
    public Task<Answer> GetConfigAsync(string app, CancellationToken ct) =>
        transport.SendAsync(ApiRequest.Get($"/v1/config?app={Uri.EscapeDataString(app)}"), null, ct);

    public Task<Answer> GetAuditKeyAsync(CancellationToken ct) =>
        transport.SendAsync(ApiRequest.Get("/audit/key"), null, ct);

    /// <param name="signer">Who asks.</param>
    /// <param name="before">The number before which all entries come; null for the newest.</param>
    /// <param name="limit">How many.</param>
    /// <param name="size">The size of the log's tree that is known; 0 for none.</param>
    /// <param name="token">The app's token, where its policy asks for one.</param>
    /// <param name="ct">Cancels.</param>
    public Task<Answer> GetActivityAsync(
        DeviceKeys signer, ulong? before, int limit, ulong size, string? token, CancellationToken ct) =>
        transport.SendAsync(
            ApiRequest.Get($"/v1/activity?limit={limit}&size={size}" + (before is { } end ? $"&before={end}" : ""))
                with { Token = token },
            signer, ct);

    public Task<Answer> GetExportAsync(DeviceKeys signer, CancellationToken ct) =>
        transport.SendAsync(ApiRequest.Get("/v1/export") with { MostBytes = MostExport }, signer, ct);

    /// <param name="slot">Who recovers.</param>
    /// <param name="manifestAfter">The version from which on the manifests' hashes are told.</param>
    /// <param name="token">The app's token, where its policy asks for one.</param>
    /// <param name="ct">Cancels.</param>
    public Task<Answer> RecoverAsync(DeviceKeys slot, ulong manifestAfter, string? token, CancellationToken ct)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(new RecoverJson(manifestAfter), ClientJson.Default.RecoverJson);
        return transport.SendAsync(
            new ApiRequest(HttpMethod.Post, "/v1/recovery")
            {
                Body = body, ContentType = ApiRequest.Json, Token = token,
            },
            slot, ct);
    }

    public Task<Answer> GetSlotsAsync(string token, CancellationToken ct) =>
        transport.SendAsync(ApiRequest.Get("/v1/recovery/slots") with { Token = token }, null, ct);

    public Task<Answer> PutItemAsync(
        DeviceKeys signer, Hash256 hash, ReadOnlyMemory<byte> item, CancellationToken ct) =>
        transport.SendAsync(
            new ApiRequest(HttpMethod.Put, $"/v1/items/{hash}") { Body = item, ContentType = ApiRequest.Octets },
            signer, ct);

    public Task<Answer> GetItemAsync(DeviceKeys signer, Hash256 hash, CancellationToken ct) =>
        transport.SendAsync(ApiRequest.Get($"/v1/items/{hash}"), signer, ct);

    public Task<Answer> ReadItemsAsync(DeviceKeys signer, ItemBatchRequest items, CancellationToken ct) =>
        transport.SendAsync(ApiRequest.Post("/v1/items/read", items.Encode()), signer, ct);

    public Task<Answer> GetItemsAsync(DeviceKeys signer, CancellationToken ct) =>
        transport.SendAsync(ApiRequest.Get("/v1/items"), signer, ct);

    public Task<Answer> GetRestorePointsAsync(DeviceKeys signer, CancellationToken ct) =>
        transport.SendAsync(ApiRequest.Get("/v1/restore-points"), signer, ct);

    public Task<Answer> GetRestorePointAsync(DeviceKeys signer, Hash256 manifest, CancellationToken ct) =>
        transport.SendAsync(ApiRequest.Get($"/v1/restore-points/{manifest}"), signer, ct);

    public Task<Answer> GetVersionsAsync(DeviceKeys signer, ItemId item, CancellationToken ct) =>
        transport.SendAsync(ApiRequest.Get($"/v1/items/{item}/versions"), signer, ct);

    public Task<Answer> RepairAsync(
        DeviceKeys signer, ReadOnlyMemory<byte> repair, string? token, CancellationToken ct) =>
        transport.SendAsync(ApiRequest.Post("/v1/repair", repair) with { Token = token }, signer, ct);

    public Task<Answer> RequestErasureAsync(DeviceKeys signer, ulong round, CancellationToken ct) =>
        transport.SendAsync(new ApiRequest(HttpMethod.Post, $"/v1/erasure?round={round}"), signer, ct);

    public Task<Answer> GetErasureAsync(DeviceKeys signer, CancellationToken ct) =>
        transport.SendAsync(ApiRequest.Get("/v1/erasure"), signer, ct);

    public Task<Answer> CancelErasureAsync(DeviceKeys signer, ulong? round, CancellationToken ct) =>
        transport.SendAsync(
            new ApiRequest(HttpMethod.Delete, round is { } of ? $"/v1/erasure?round={of}" : "/v1/erasure"), signer, ct);
}
