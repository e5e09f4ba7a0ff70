using System.ComponentModel;
using KeyRecovery.Api.Auth;
using KeyRecovery.Api.Bodies;
using KeyRecovery.Api.Http;
using KeyRecovery.Api.Telemetry;
using KeyRecovery.Protocol.Linking;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Linking;

namespace KeyRecovery.Api.Endpoints;

/// <summary>
/// <c>/v1/links</c>: sessions between an existing and a new device. Their messages are
/// <see cref="LinkMessageEndpoints"/>.
/// </summary>
internal static class LinkEndpoints
{
    public static void MapLinks(this IEndpointRouteBuilder routes)
    {
        var links = routes.MapGroup("/links").WithTags("Linking");
        links.MapPost("", OpenAsync)
            .WithName("openLink")
            .WithSummary("Open a session for a new device")
            .WithMetadata(new Signed())
            .Accepts<OpenLinkRequest>("application/json")
            .Produces<LinkSessionResponse>(StatusCodes.Status201Created)
            .WithSignedProblems(
                ErrorCode.Malformed, ErrorCode.TooLarge, ErrorCode.UnsupportedMediaType, ErrorCode.Conflict,
                ErrorCode.LimitReached);
        links.MapPost("/{id}/claim", ClaimAsync)
            .WithName("claimLink")
            .WithSummary("Claim a session as the new device")
            .WithDescription("The same claim again gets the same answer; one with another bearer ends the session.")
            .Accepts<ClaimLinkRequest>("application/json")
            .Produces<LinkSessionResponse>()
            .WithProblems(
                ErrorCode.Malformed, ErrorCode.NotFound, ErrorCode.LinkContested, ErrorCode.TooLarge,
                ErrorCode.UnsupportedMediaType,
                ErrorCode.RateLimited, ErrorCode.Unavailable);
        links.MapGet("/nameplates/{nameplate}", ReadNameplateAsync)
            .WithName("getLinkNameplate")
            .WithSummary("The sealed code of a typed link code")
            .WithMetadata(new BodyLimit(0))
            .Produces<LinkNameplateResponse>()
            .WithProblems(ErrorCode.NotFound, ErrorCode.RateLimited, ErrorCode.Unavailable);
        links.MapDelete("/{id}", EndAsync)
            .WithName("endLink")
            .WithSummary("End a session")
            .WithMetadata(new BodyLimit(0), new NeedsLinkBearer())
            .Produces(StatusCodes.Status204NoContent)
            .WithProblems(
                ErrorCode.NotFound, ErrorCode.LinkContested, ErrorCode.RateLimited, ErrorCode.Unavailable);
        links.MapLinkMessages();
    }

    private static async Task<IResult> OpenAsync(
        SignedRequest request, JsonBody<OpenLinkRequest> body, KeyRecoveryService service, CancellationToken ct)
    {
        var (account, sent) = (request.Account, body.Value);
        if (account.Actor.IsSlot) return new ProblemResult(ErrorCode.Forbidden) { Field = "keyid" };
        if (!LinkSessionId.TryParse(sent.SessionId, out var id)) return Malformed("sessionId");
        if (!Hash256.TryParse(sent.JoinTokenHash, out var joinTokenHash)) return Malformed("joinTokenHash");
        if (!Hash256.TryParse(sent.BearerHash, out var bearerHash)) return Malformed("bearerHash");

        LinkNameplate? typed = null;
        if ((sent.Nameplate, sent.Envelope) is not (null, null))
        {
            if (!LinkNameplate.IsName(sent.Nameplate)) return Malformed("nameplate");
            if (!Base64UrlText.TryDecode(sent.Envelope, LinkRelayLimits.EnvelopeBytes, out var envelope))
                return Malformed("envelope");
            typed = new LinkNameplate(sent.Nameplate!, envelope);
        }

        var opening = new LinkOpening(id, account.State.Account, account.Actor.Id, joinTokenHash, bearerHash, typed);
        return Answers.Of(await service.Links.OpenAsync(opening, ct), left => TypedResults.Json(
            LinkSessionResponse.Of(left), ApiJson.Default.LinkSessionResponse,
            statusCode: StatusCodes.Status201Created));
    }

    private static async Task<IResult> ClaimAsync(
        [Description("The session's id, base64url, 22 characters.")] string id,
        JsonBody<ClaimLinkRequest> body,
        HttpContext context,
        KeyRecoveryService service)
    {
        if (!Base64UrlText.TryDecode(body.Value.JoinToken, LinkRelayLimits.TokenBytes, out var token))
            return Malformed("joinToken");
        if (!Hash256.TryParse(body.Value.BearerHash, out var bearerHash)) return Malformed("bearerHash");
        var network = context.Connection.RemoteIpAddress is { } address ? ClientNetwork.Of(address) : null;
        return LinkSessionId.TryParse(id, out var session)
            ? Answers.Of(await service.Links.ClaimAsync(session, token, bearerHash, network, context.RequestAborted),
                left => TypedResults.Ok(LinkSessionResponse.Of(left)))
            : new ProblemResult(ErrorCode.NotFound);
    }

    private static async Task<IResult> ReadNameplateAsync(
        [Description("4 capitals of Crockford's base 32.")] string nameplate, KeyRecoveryService service,
        CancellationToken ct) =>
        Answers.Of(await service.Links.ReadNameplateAsync(nameplate, ct), found => TypedResults.Ok(
            new LinkNameplateResponse(Base64UrlText.Encode(found.Envelope.Span), (long)found.Left.TotalMilliseconds)));

    private static async Task<IResult> EndAsync(
        [Description("The session's id, base64url, 22 characters.")] string id, HttpContext context,
        KeyRecoveryService service) =>
        LinkSessionId.TryParse(id, out var session) && LinkBearer.Read(context.Request) is { } bearer
            ? Answers.Of(
                await service.Links.EndAsync(session, bearer, context.RequestAborted), _ => TypedResults.NoContent())
            : new ProblemResult(ErrorCode.NotFound);

    private static ProblemResult Malformed(string field) => new(ErrorCode.Malformed) { Field = field };
}
