using KeyRecovery.Api.Auth;
using KeyRecovery.Api.Bodies;
using KeyRecovery.Api.Http;
using KeyRecovery.Api.RateLimiting;
using KeyRecovery.Api.Telemetry;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service;
using KeyRecovery.Service.Errors;

namespace KeyRecovery.Api.Endpoints;

/// <summary><c>POST /v1/accounts</c>: an account for an app user who has none.</summary>
internal static class AccountEndpoints
{
    public static void MapAccounts(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/accounts", CreateAsync)
            .WithName("createAccount")
            .WithSummary("Make an account")
            .WithDescription(
                "The body is a commit with link 0 (docs/protocol.md §7). The same again gets the same answer.")
            .WithTags("Accounts")
            .WithMetadata(new BodyLimit(Limits.CommitBodyBytes), new NeedsToken())
            .Accepts<Binary>(CborBody.Cbor)
            .Produces<HeadsResponse>(StatusCodes.Status201Created)
            .WithProblems(
                ErrorCode.Malformed, ErrorCode.Unauthenticated, ErrorCode.AccountExists, ErrorCode.TooLarge,
                ErrorCode.UnsupportedMediaType, ErrorCode.Refused, ErrorCode.RateLimited, ErrorCode.Unavailable,
                ErrorCode.QuotaReached, ErrorCode.StorageFull);

    // The token first: a stranger's body is not read.
    private static async Task<IResult> CreateAsync(
        HttpContext context, AppTokens tokens, Places places, KeyRecoveryService service)
    {
        var (user, stranger) = await tokens.ReadUserAsync(context);
        if (user is null) return stranger!;
        using var place = await places.TryEnterAsync(Owner.Of(user), context.RequestAborted);
        if (place is null) return Places.Full();
        var body = await BodyReader.ReadAsync(context);
        var (commit, refusal) = CborBody.Decode(context.Request, body, CommitBundle.Decode, "commit");
        if (commit is null) return refusal!;
        return Answers.Of(
            await service.Accounts.CreateAsync(
                user, commit, context.RequestAborted, ClientNetwork.Of(context.Connection.RemoteIpAddress)),
            heads => TypedResults.Created((string?)null, HeadsResponse.Of(heads)));
    }
}
