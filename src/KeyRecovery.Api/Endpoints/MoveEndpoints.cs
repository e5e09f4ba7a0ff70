using KeyRecovery.Api.Auth;
using KeyRecovery.Api.Bodies;
using KeyRecovery.Api.Http;
using KeyRecovery.Api.Options;
using KeyRecovery.Service;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Api.Endpoints;

/// <summary>
/// <c>POST /v1/admin/accounts/{id}/move</c> and <c>POST /v1/admin/moves</c>: accounts of users whose login has another
/// name.
/// </summary>
internal static class MoveEndpoints
{
    // 200 lines of the longest names, as JSON writes them where it escapes each character.
    private const int MovesBytes = BulkMoves.MostLines * 4 * 1024;

    public static void MapMoves(this IEndpointRouteBuilder routes)
    {
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
        routes.MapPost("/admin/moves", MoveManyAsync)
            .WithName("moveAccounts").WithSummary("Give the accounts of many users another subject or issuer")
            .WithTags("Admin")
            .WithDescription(
                "With an operator's token of the scope keyrecovery.move: each line as one move, or with dryRun what "
                + "would come of it. The same again is the same, and finishes what was cut short.")
            .WithMetadata(new NeedsToken(), new BodyLimit(MovesBytes))
            .Accepts<MovesRequest>("application/json")
            .Produces<MovesResponse>()
            .WithProblems(ErrorCode.Malformed, ErrorCode.Unauthenticated, ErrorCode.Forbidden, ErrorCode.TooLarge,
                ErrorCode.UnsupportedMediaType, ErrorCode.RateLimited, ErrorCode.Unavailable);
    }

    private static async Task<IResult> MoveAsync(
        string id, HttpContext context, OperatorTokens tokens, KeyRecoveryService service)
    {
        var (app, refusal) = await tokens.ReadAsync(context, OperatorScope.Move);
        if (app is null) return refusal!;
        // Read behind the token: nobody else's body is.
        var body = (await JsonBody<MoveRequest>.BindAsync(context))!.Value;
        if (await tokens.RefuseBehindBodyAsync(context, OperatorScope.Move) is { } gone) return gone;
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

    private static async Task<IResult> MoveManyAsync(
        HttpContext context, OperatorTokens tokens, KeyRecoveryService service)
    {
        var (app, refusal) = await tokens.ReadAsync(context, OperatorScope.Move);
        if (app is null) return refusal!;
        var body = (await JsonBody<MovesRequest>.BindAsync(context))!.Value;
        if (await tokens.RefuseBehindBodyAsync(context, OperatorScope.Move) is { } gone) return gone;
        if (body.Moves.Count is 0 or > BulkMoves.MostLines)
            return new ProblemResult(ErrorCode.Malformed) { Field = "moves" };
        var lines = new List<MoveLine>(body.Moves.Count);
        foreach (var line in body.Moves)
        {
            if (Read(line, app) is not { } read) return Malformed(lines.Count);
            lines.Add(read);
        }

        if (service.BulkMoves.FindRepeated(lines) is { } repeated) return Malformed(repeated);
        return TypedResults.Ok(MovesResponse.Of(
            body.DryRun, await service.BulkMoves.RunAsync(lines, body.DryRun, context.RequestAborted)));
    }

    private static MoveLine? Read(MovesLine? line, AppOptions app)
    {
        if (line is null) return null;
        var (issuer, to) = (line.Issuer ?? app.Issuer, line.To ?? line.Subject);
        return AppTokens.IsSubject(line.Subject) && AppTokens.IsSubject(to)
            && app.Issuers.Contains(issuer, StringComparer.Ordinal)
            ? new MoveLine(new AppUser(app.Id, app.Issuer, line.Subject), new AppUser(app.Id, issuer, to)) : null;
    }

    private static ProblemResult Malformed(int index) =>
        new(ErrorCode.Malformed) { Field = $"line {index + 1}" };
}
