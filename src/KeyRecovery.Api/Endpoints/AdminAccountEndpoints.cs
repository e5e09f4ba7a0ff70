using System.ComponentModel;
using System.Text;
using KeyRecovery.Api.Auth;
using KeyRecovery.Api.Bodies;
using KeyRecovery.Api.Http;
using KeyRecovery.Api.Maintenance;
using KeyRecovery.Service;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Operators;
using KeyRecovery.Service.Restraints;
using Microsoft.AspNetCore.Mvc;

namespace KeyRecovery.Api.Endpoints;

/// <summary><c>/v1/admin/accounts</c>: what an app's back end and officers do with one account (docs/protocol.md §21).
/// </summary>
internal static class AdminAccountEndpoints
{
    private const int JsonBytes = 4 * 1024;
    private const int PageAccounts = 50;

    public static void MapAdminAccounts(this IEndpointRouteBuilder routes)
    {
        Describe(routes.MapGet("/admin/accounts", FindAsync), "findAccount", "Find a user's account, or list all",
            "Scope keyrecovery.accounts.read. With subject, how that user's account stands; without, a page of the "
            + "app's accounts.").OrPageOf<AccountsResponse>("accounts");
        Describe(routes.MapGet("/admin/accounts/{id}", ReadAsync), "getAccount", "How an account stands",
            "Scope keyrecovery.accounts.read.");
        Describe(routes.MapPost("/admin/accounts/{id}/suspend", SuspendAsync), "suspendAccount",
            "Suspend an account: it is read, and not changed", "Scope keyrecovery.accounts.suspend.")
            .WithProblems(ErrorCode.StorageFull);
        Describe(routes.MapPost("/admin/accounts/{id}/resume", ResumeAsync), "resumeAccount", "End a suspension",
            "Scope keyrecovery.accounts.suspend.").WithProblems(ErrorCode.StorageFull);
        DescribeHold(routes.MapPost("/admin/accounts/{id}/hold", HoldAsync).Accepts<HoldRequest>("application/json"),
            "holdAccount", "Put an account under a legal hold: it is not erased");
        DescribeHold(
            routes.MapPost("/admin/accounts/{id}/release", ReleaseAsync).Accepts<ReleaseRequest>("application/json"),
            "releaseAccount", "End a legal hold");
        routes.MapGet("/admin/accounts/{id}/holds", HoldsAsync)
            .WithName("getHolds").WithSummary("An account's legal holds, with their reasons").WithTags("Admin")
            .WithDescription("Scope keyrecovery.hold.")
            .WithMetadata(new NeedsToken(), new BodyLimit(0))
            .Produces<HoldsResponse>().WithAdminProblems(ErrorCode.NotFound);
    }

    private static RouteHandlerBuilder Describe(
        RouteHandlerBuilder route, string name, string summary, string scope) =>
        route.WithName(name).WithSummary(summary).WithTags("Admin").WithDescription(scope)
            .WithMetadata(new NeedsToken(), new BodyLimit(0))
            .Produces<AccountStandingResponse>().WithAdminProblems(ErrorCode.NotFound, ErrorCode.Erased);

    private static void DescribeHold(RouteHandlerBuilder route, string name, string summary) =>
        route.WithName(name).WithSummary(summary).WithTags("Admin").WithDescription("Scope keyrecovery.hold.")
            .WithMetadata(new NeedsToken(), new BodyLimit(JsonBytes))
            .Produces<AccountStandingResponse>().WithAdminProblems(
                ErrorCode.NotFound, ErrorCode.Erased, ErrorCode.Conflict, ErrorCode.TooLarge,
                ErrorCode.UnsupportedMediaType, ErrorCode.StorageFull);

    private static RouteHandlerBuilder WithAdminProblems(
        this RouteHandlerBuilder route, params ReadOnlySpan<ErrorCode> codes) => route.WithProblems(
        [
            ErrorCode.Malformed, ErrorCode.Unauthenticated, ErrorCode.Forbidden, ErrorCode.RateLimited,
            ErrorCode.Unavailable, .. codes,
        ]);

    private static async Task<IResult> FindAsync(
        [FromQuery, Description("The user's name in the app's tokens: 1 to 256 bytes.")] string? subject,
        [FromQuery, Description("Without subject: the cursor of the page before; absent for the first.")] string? after,
        [FromQuery, Description("Without subject: at most 200, as a rule 50.")] string? limit,
        HttpContext context, OperatorTokens tokens, KeyRecoveryService service)
    {
        var (app, refusal) = await tokens.ReadAsync(context, OperatorScope.ReadAccounts);
        if (app is null) return refusal!;
        if (subject is null) return await ListAsync(app.Id, after, limit, context, service);
        if (!AppTokens.IsSubject(subject))
            return Malformed("subject");
        if (after is not null) return Malformed("after");
        if (limit is not null) return Malformed("limit");
        return Answer(await service.Desk.FindAsync(
            new AppUser(app.Id, app.Issuer, subject), context.RequestAborted));
    }

    private static async Task<IResult> ListAsync(
        string app, string? after, string? limit, HttpContext context, KeyRecoveryService service)
    {
        if (!QueryNumbers.TryRead(limit, out var asked, least: 1, AccountDesk.MostAccounts)) return Malformed("limit");
        return await service.Desk.PageAsync(app, after, (int)(asked ?? PageAccounts), context.RequestAborted)
            is { } page ? TypedResults.Ok(AccountsResponse.Of(app, page)) : Malformed("after");
    }

    private static async Task<IResult> ReadAsync(
        string id, HttpContext context, OperatorTokens tokens, KeyRecoveryService service)
    {
        var (app, refusal) = await tokens.ReadAsync(context, OperatorScope.ReadAccounts);
        if (app is null) return refusal!;
        return AccountId.TryParse(id, out var account)
            ? Answer(await service.Desk.ReadAsync(app.Id, account, context.RequestAborted)) : NotFound();
    }

    private static async Task<IResult> SuspendAsync(
        string id, HttpContext context, OperatorTokens tokens, KeyRecoveryService service, ErasureWork work)
    {
        var (app, refusal) = await tokens.ReadAsync(context, OperatorScope.Suspend);
        if (app is null) return refusal!;
        return AccountId.TryParse(id, out var account)
            ? Decided(await service.Desk.SuspendAsync(app.Id, account, context.RequestAborted), work) : NotFound();
    }

    private static async Task<IResult> ResumeAsync(
        string id, HttpContext context, OperatorTokens tokens, KeyRecoveryService service, ErasureWork work)
    {
        var (app, refusal) = await tokens.ReadAsync(context, OperatorScope.Suspend);
        if (app is null) return refusal!;
        return AccountId.TryParse(id, out var account)
            ? Decided(await service.Desk.ResumeAsync(app.Id, account, context.RequestAborted), work) : NotFound();
    }

    // Who it is is asked before a byte of the body is read.
    private static async Task<IResult> HoldAsync(
        string id, HttpContext context, OperatorTokens tokens, KeyRecoveryService service, ErasureWork work)
    {
        var (caller, refusal) = await tokens.ReadOperatorAsync(context, OperatorScope.Hold);
        if (caller is null) return refusal!;
        if (!AccountId.TryParse(id, out var account)) return NotFound();
        var body = (await JsonBody<HoldRequest>.BindAsync(context))!.Value;
        if (await tokens.RefuseBehindBodyAsync(context, OperatorScope.Hold) is { } gone) return gone;
        if (!IsText(body.Reason, LegalHold.MaxReason)) return Malformed("reason");
        if (!IsText(body.Reference, LegalHold.MaxReference)) return Malformed("reference");
        return Decided(await service.Desk.HoldAsync(
            caller.App, account, body.Reason, body.Reference, caller.Issuer, context.RequestAborted), work);
    }

    private static async Task<IResult> ReleaseAsync(
        string id, HttpContext context, OperatorTokens tokens, KeyRecoveryService service, ErasureWork work)
    {
        var (caller, refusal) = await tokens.ReadOperatorAsync(context, OperatorScope.Hold);
        if (caller is null) return refusal!;
        if (!AccountId.TryParse(id, out var account)) return NotFound();
        var body = (await JsonBody<ReleaseRequest>.BindAsync(context))!.Value;
        if (await tokens.RefuseBehindBodyAsync(context, OperatorScope.Hold) is { } gone) return gone;
        if (!IsText(body.Reference, LegalHold.MaxReference)) return Malformed("reference");
        return Decided(await service.Desk.ReleaseAsync(
            caller.App, account, body.Reference, caller.Issuer, context.RequestAborted), work);
    }

    private static async Task<IResult> HoldsAsync(
        string id, HttpContext context, OperatorTokens tokens, KeyRecoveryService service)
    {
        var (app, refusal) = await tokens.ReadAsync(context, OperatorScope.Hold);
        if (app is null) return refusal!;
        return AccountId.TryParse(id, out var account)
            ? Answers.Of(
                await service.Desk.HoldsAsync(app.Id, account, context.RequestAborted),
                holds => TypedResults.Ok(HoldsResponse.Of(holds)))
            : NotFound();
    }

    // An erasure that waited for a hold goes on, and the account's activity tells what was decided.
    private static IResult Decided(Outcome<AccountReport> outcome, ErasureWork work)
    {
        work.Wake();
        return Answer(outcome);
    }

    private static IResult Answer(Outcome<AccountReport> outcome) =>
        Answers.Of(outcome, report => TypedResults.Ok(AccountStandingResponse.Of(report)));

    private static bool IsText(string text, int most) =>
        text.Length > 0 && Encoding.UTF8.GetByteCount(text) <= most && !text.Any(char.IsControl);

    private static ProblemResult Malformed(string field) => new(ErrorCode.Malformed) { Field = field };

    private static ProblemResult NotFound() => new(ErrorCode.NotFound);
}
