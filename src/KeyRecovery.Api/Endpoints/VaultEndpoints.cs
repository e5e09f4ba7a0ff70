using System.ComponentModel;
using System.Globalization;
using KeyRecovery.Api.Auth;
using KeyRecovery.Api.Bodies;
using KeyRecovery.Api.Http;
using KeyRecovery.Api.Telemetry;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service;
using KeyRecovery.Service.Errors;
using Microsoft.AspNetCore.Mvc;

namespace KeyRecovery.Api.Endpoints;

/// <summary><c>GET /v1/vault</c> and <c>POST /v1/commits</c>: reading and changing an account.</summary>
internal static class VaultEndpoints
{

    public static void MapVault(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/vault", GetAsync)
            .WithName("getVault")
            .WithSummary("The vault: links, keysets, manifest and signed head")
            .WithDescription(
                "While an erasure of the account is held, every device's answer, 304 too, has the header "
                + "Erasure-Due-In: milliseconds until it is due (docs/protocol.md §15.2).")
            .WithTags("Vault")
            .WithMetadata(new Signed(MayBeBehind: true), new BodyLimit(0))
            .Produces<Binary>(StatusCodes.Status200OK, CborBody.Cbor)
            .Produces(StatusCodes.Status304NotModified)
            .WithSignedProblems(ErrorCode.Malformed)
            .WithNumbers();
        routes.MapPost("/commits", CommitAsync)
            .WithName("commit")
            .WithSummary("Change the account, whole or not at all")
            .WithDescription(
                "The body is a commit (docs/protocol.md §7). The same again gets the same answer; 409 stale-version "
                + "carries the current heads.")
            .WithTags("Vault")
            .WithMetadata(new Signed(), new BodyLimit(Limits.CommitBodyBytes))
            .Accepts<Binary>(CborBody.Cbor)
            .Produces<HeadsResponse>()
            .WithChangeProblems();
    }

    private static async ValueTask<IResult> GetAsync(
        SignedRequest request,
        [FromQuery, Description("Leave out the links up to this sequence number.")] string? linksAfter,
        [FromQuery, Description("Tell the hashes of the manifests from this version on, 65,536 at most.")]
        string? manifestAfter,
        HttpContext context,
        KeyRecoveryService service)
    {
        // No chain has a link behind that one, and no vault can say that it begins there.
        if (!QueryNumbers.TryRead(linksAfter, out var after, most: Limits.Links - 1))
            return new ProblemResult(ErrorCode.Malformed) { Field = "linksAfter" };
        if (!QueryNumbers.TryRead(manifestAfter, out var version))
            return new ProblemResult(ErrorCode.Malformed) { Field = "manifestAfter" };
        var tag = EntityTag.Of(request.Account.State.ManifestHash);
        // Who knows that manifest must hear all the same that later ones are lost.
        if (request.Account.IsBehind || !EntityTag.IsNamed(context.Request.Headers.IfNoneMatch, tag))
        {
            var answer = await Answers.VaultAsync(request, service.Vaults, after, version, context);
            if (answer is not ProblemResult) await AnnounceErasureAsync(request, context, service);
            return answer;
        }

        await AnnounceErasureAsync(request, context, service);
        context.Response.Headers.ETag = tag;
        return TypedResults.StatusCode(StatusCodes.Status304NotModified);
    }

    // Not to slots: they recover, and all of them do so with the same reads.
    private static async ValueTask AnnounceErasureAsync(
        SignedRequest request, HttpContext context, KeyRecoveryService service)
    {
        if (request.Account.Actor.IsSlot
            || await service.Erasures.DueInAsync(request.Account, context.RequestAborted) is not { } left) return;
        context.Response.Headers[HeaderNames.ErasureDueIn] = ((long)left.TotalMilliseconds)
            .ToString(CultureInfo.InvariantCulture);
    }

    private static async Task<IResult> CommitAsync(
        SignedRequest request, HttpContext context, KeyRecoveryService service)
    {
        var (commit, refusal) = CborBody.Decode(context.Request, request.Body, CommitBundle.Decode, "commit");
        if (commit is null) return refusal!;
        using var span = ServerTrace.Start("commit");
        var outcome = await service.Commits.CommitAsync(request.Account, commit, context.RequestAborted);
        span.Outcome(Answers.Name(outcome));
        return Answers.Of(outcome, heads => TypedResults.Ok(HeadsResponse.Of(heads)));
    }
}
