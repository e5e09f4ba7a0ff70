using System.ComponentModel;
using KeyRecovery.Api.Auth;
using KeyRecovery.Api.Bodies;
using KeyRecovery.Api.Http;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service;
using KeyRecovery.Service.Errors;

namespace KeyRecovery.Api.Endpoints;

/// <summary><c>/v1/items</c>: sealed items by their hash, and an item's older versions by its id.</summary>
internal static class ItemEndpoints
{
    public static void MapItems(this IEndpointRouteBuilder routes)
    {
        var items = routes.MapGroup("/items").WithTags("Items");
        items.MapGet("", ListAsync)
            .WithName("getItems")
            .WithSummary("The items as they are now, with who wrote each")
            .WithMetadata(new Signed(), new BodyLimit(0))
            .Produces<ItemsResponse>()
            .WithSignedProblems();
        items.MapPut("/{hash}", PutAsync)
            .WithName("putItem")
            .WithSummary("Store a sealed item ahead of the commit that names it")
            .WithMetadata(new Signed(), new BodyLimit(SealedItem.MaxSizeOf(Limits.MaxItemBytes)))
            .Accepts<Binary>(CborBody.Octets)
            .Produces(StatusCodes.Status204NoContent)
            .WithSignedProblems(
                ErrorCode.Malformed, ErrorCode.TooLarge, ErrorCode.UnsupportedMediaType, ErrorCode.Refused,
                ErrorCode.QuotaReached, ErrorCode.StorageFull);
        items.MapGet("/{hash}", GetAsync)
            .WithName("getItem")
            .WithSummary("A sealed item, current or older")
            .WithMetadata(new Signed(MayBeBehind: true), new BodyLimit(0))
            .Produces<Binary>(StatusCodes.Status200OK, CborBody.Octets)
            .WithSignedProblems(ErrorCode.Malformed, ErrorCode.NotFound);
        items.MapPost("/read", ReadAsync)
            .WithName("readItems")
            .WithSummary("Many sealed items at once, current or older")
            .WithDescription(
                "The body names 1 to 1,024 of them by their hashes; the answer holds the first, in that order, as many "
                + "as have 4 MiB together (docs/protocol.md §7).")
            .WithMetadata(new Signed(MayBeBehind: true), new BodyLimit(ItemBatchRequest.MaxSize))
            .Accepts<Binary>(CborBody.Cbor)
            .Produces<Binary>(StatusCodes.Status200OK, CborBody.Cbor)
            .WithSignedProblems(ErrorCode.Malformed, ErrorCode.TooLarge, ErrorCode.UnsupportedMediaType);
        items.MapGet("/{id}/versions", VersionsAsync)
            .WithName("getItemVersions")
            .WithSummary("The older versions of an item that are kept")
            .WithMetadata(new Signed(), new BodyLimit(0))
            .Produces<VersionsResponse>()
            .WithSignedProblems(ErrorCode.Malformed);
    }

    private static ValueTask<IResult> ListAsync(
        SignedRequest request, HttpContext context, KeyRecoveryService service) =>
        Answers.ReadAsync(
            request, account => service.Vaults.ReadWrittenAsync(account, context.RequestAborted),
            (_, items) => Answers.Json(ItemsResponse.Of(items), ApiJson.Default.ItemsResponse), context);

    private static async Task<IResult> PutAsync(
        SignedRequest request,
        [Description("SHA-256 of the body, base64url, 43 characters.")] string hash,
        HttpContext context,
        KeyRecoveryService service)
    {
        if (!Hash256.TryParse(hash, out var named)) return Malformed("hash");
        if (CborBody.RequireType(context.Request, CborBody.Octets) is { } wrongType) return wrongType;
        if (named != request.Hash)
            return Failures.Problem(
                new ServiceFailure(ErrorCode.Refused) { Field = "hash", Rule = ProtocolFault.ItemHash });
        return Answers.Of(
            await service.Staging.PutAsync(request.Account, named, request.Body, context.RequestAborted),
            _ => TypedResults.NoContent());
    }

    private static async Task<IResult> GetAsync(
        SignedRequest request,
        [Description("SHA-256 of the sealed item, base64url, 43 characters.")] string hash,
        HttpContext context,
        KeyRecoveryService service)
    {
        if (!Hash256.TryParse(hash, out var named)) return Malformed("hash");
        return await service.Vaults.FindItemAsync(request.Account, named, context.RequestAborted) is { } item
            ? new BytesResult(item, CborBody.Octets)
            : new ProblemResult(ErrorCode.NotFound);
    }

    private static async Task<IResult> ReadAsync(
        SignedRequest request, HttpContext context, KeyRecoveryService service)
    {
        var (asked, refusal) = CborBody.Decode(context.Request, request.Body, ItemBatchRequest.Decode, "hashes");
        if (asked is null) return refusal!;
        var items = await service.Vaults.ReadItemsAsync(request.Account, asked.Hashes, context.RequestAborted);
        return new BytesResult(items.Encode(), CborBody.Cbor);
    }

    private static async Task<IResult> VersionsAsync(
        SignedRequest request,
        [Description("The item's id, base64url, 22 characters.")] string id,
        HttpContext context,
        KeyRecoveryService service)
    {
        if (!ItemId.TryParse(id, out var item)) return Malformed("id");
        return Answers.Json(
            VersionsResponse.Of(
                await service.Vaults.ReadVersionsAsync(request.Account, item, context.RequestAborted)),
            ApiJson.Default.VersionsResponse);
    }

    private static ProblemResult Malformed(string field) => new(ErrorCode.Malformed) { Field = field };
}
