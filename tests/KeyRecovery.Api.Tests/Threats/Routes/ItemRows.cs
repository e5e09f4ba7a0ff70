using System.Collections.Immutable;
using KeyRecovery.Api.Stores;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using static KeyRecovery.Api.Tests.Threats.Routes.Callers;

namespace KeyRecovery.Api.Tests.Threats.Routes;

/// <summary>The routes of items: docs/protocol.md §9.2.</summary>
internal static class ItemRows
{
    public static ImmutableArray<RouteRow> All { get; } =
    [
        new("GET /v1/items", visit => Task.FromResult(visit.Send(HttpMethod.Get, "/v1/items")))
        {
            Own = AccountRows.Readers, Other = AccountRows.Strangers,
        },
        // A slot changes no item.
        new("PUT /v1/items/{hash}", PutAsync)
        {
            Own = [(Unsigned, "401 unauthenticated"), (Removed, "403 revoked"), (Code, "403 forbidden"),
                (Device | Young, "204 writes")],
            Other = AccountRows.Strangers,
            Foreign = [(Code, "403 forbidden"), (Device | Young, "422 refused")],
        },
        new("GET /v1/items/{hash}",
            visit => Task.FromResult(visit.Send(HttpMethod.Get, $"/v1/items/{visit.Named.Item}")))
        {
            Own = AccountRows.Readers, Other = AccountRows.Strangers, Foreign = [(Members, "404 not-found")],
        },
        // What is not there is left out of the answer.
        new("POST /v1/items/read", visit => Task.FromResult(visit.Send(
            HttpMethod.Post, "/v1/items/read", new ItemBatchRequest([visit.Named.Item]).Encode())))
        {
            Own = AccountRows.Readers, Other = AccountRows.Strangers, Foreign = [(Members, "200")],
        },
        new("GET /v1/items/{id}/versions",
            visit => Task.FromResult(visit.Send(HttpMethod.Get, $"/v1/items/{visit.Named.ItemId}/versions")))
        {
            Own = AccountRows.Readers, Other = AccountRows.Strangers, Foreign = [(Members, "200")],
        },
    ];

    private static async Task<HttpRequestMessage> PutAsync(Visit visit)
    {
        using var vault = await visit.Named.Account.OpenAsync();
        var header = new ItemHeader(visit.Named.Id, visit.Named.ItemId, 1, vault.Keys.Current.Epoch, default);
        var item = SealedItem.Seal(vault.Keys.Current, header, "name", [1], SystemRandom.Instance);
        return visit.Send(HttpMethod.Put, $"/v1/items/{Hash256.Of(item)}", item, "application/octet-stream");
    }
}
