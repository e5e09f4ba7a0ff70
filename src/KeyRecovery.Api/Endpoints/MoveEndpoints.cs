using KeyRecovery.Api.Auth;
using KeyRecovery.Api.Bodies;
using KeyRecovery.Api.Http;
using KeyRecovery.Service;
using KeyRecovery.Service.Errors;

namespace KeyRecovery.Api.Endpoints;

/// <summary><c>POST /v1/admin/accounts/{id}/move</c>: an account of a user whose login has another name.</summary>
internal static class MoveEndpoints
{
    public static void MapMoves(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/admin/accounts/{id}/move", MoveAsync)
            .WithName("moveAccount").WithSummary("Give an account another subject or issuer").WithTags("Admin")
            .WithDescription(
                "With an operator's token of the scope keyrecovery.move. The same again is the same; a user who has "
                + "another account keeps it, and nothing is moved.")
            .WithMetadata(new NeedsToken(), new BodyLimit(8 * 1024))
            .Accepts<MoveRequest>("application/json")
            .Produces<MoveResponse>()
            .WithProblems(ErrorCode.Malformed, ErrorCode.Unauthenticated, ErrorCode.Forbidden, ErrorCode.NotFound,
                ErrorCode.AccountExists, ErrorCode.Conflict, ErrorCode.Erased, ErrorCode.LimitReached,
                ErrorCode.VaultLost, ErrorCode.TooLarge, ErrorCode.UnsupportedMediaType, ErrorCode.RateLimited,
                ErrorCode.Unavailable, ErrorCode.StorageFull);

    private static async Task<IResult> MoveAsync(
        string id, HttpContext context, OperatorTokens tokens, KeyRecoveryService service)
    {
        var (app, refusal) = await tokens.ReadAsync(context, OperatorScope.Move);
        if (app is null) return refusal!;
        // Read behind the token: nobody else's body is.
        var body = (await JsonBody<MoveRequest>.BindAsync(context))!.Value;
        if (!AccountId.TryParse(id, out var account)) return new ProblemResult(ErrorCode.NotFound);
        var issuer = body.Issuer ?? app.Issuer;
        // Under another one nobody could ever sign in to it.
        if (!app.Issuers.Contains(issuer, StringComparer.Ordinal))
            return new ProblemResult(ErrorCode.Malformed) { Field = "issuer" };
        if (body.Subject is { } subject && !AppTokens.IsSubject(subject))
            return new ProblemResult(ErrorCode.Malformed) { Field = "subject" };
        return Answers.Of(
            await service.Mover.MoveAsync(account, app.Id, issuer, body.Subject, context.RequestAborted),
            moved => TypedResults.Ok(new MoveResponse(moved)));
    }
}
