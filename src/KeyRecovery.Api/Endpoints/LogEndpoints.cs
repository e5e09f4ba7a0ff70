using System.ComponentModel;
using KeyRecovery.Api.Http;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Log;
using Microsoft.Net.Http.Headers;

namespace KeyRecovery.Api.Endpoints;

/// <summary><c>/audit</c>: the log for everybody, by tlog-checkpoint and tlog-tiles (docs/protocol.md §17).</summary>
internal static class LogEndpoints
{
    private const string Path = "Level and number, or entries and number, as tlog-tiles writes them.";

    // Tiles never change; a checkpoint does with each change, and who asks wants the newest.
    private const string Forever = "public, max-age=31536000, immutable";
    private const string Newest = "no-cache";

    public static void MapLog(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/audit/checkpoint", CheckpointAsync)
            .WithName("getCheckpoint").WithSummary("The newest signed checkpoint of the log").WithTags("Audit")
            .Produces<string>(contentType: "text/plain")
            .WithProblems(ErrorCode.NotFound, ErrorCode.Unavailable);
        routes.MapGet("/audit/tile/{**path}", TileAsync)
            .WithName("getTile").WithSummary("A tile of the log's tree, or a bundle of its entries").WithTags("Audit")
            .Produces<Bodies.Binary>(contentType: "application/octet-stream")
            .WithProblems(ErrorCode.NotFound, ErrorCode.Unavailable);
        routes.MapGet("/audit/policy/{hash}", PolicyAsync)
            .WithName("getPolicy").WithSummary("What the apps allowed at a time, by the hash that leaves name")
            .WithTags("Audit")
            .Produces<Bodies.Binary>(contentType: "application/json")
            .WithProblems(ErrorCode.NotFound, ErrorCode.Unavailable);
    }

    private static async Task<IResult> CheckpointAsync(HttpContext context, ILogFiles files)
    {
        if (await files.CheckpointAsync(context.RequestAborted) is not { } note)
            return new ProblemResult(ErrorCode.NotFound);
        context.Response.Headers[HeaderNames.CacheControl] = Newest;
        return new BytesResult(note, "text/plain; charset=utf-8");
    }

    private static async Task<IResult> PolicyAsync(
        [Description("SHA-256 of the policy, 64 hexadecimal digits in lower case.")] string hash, HttpContext context,
        ILogFiles files)
    {
        if (!IsHash(hash) || await files.GetAsync("policy/" + hash, context.RequestAborted) is not { } content)
            return new ProblemResult(ErrorCode.NotFound);
        context.Response.Headers[HeaderNames.CacheControl] = Forever;
        return new BytesResult(content, "application/json");
    }

    private static bool IsHash(string text) => text.Length == 64 && text.All(char.IsAsciiHexDigitLower);

    private static async Task<IResult> TileAsync(
        [Description(Path)] string path, HttpContext context, ILogFiles files)
    {
        if (!TilePath.TryParse("tile/" + path, out var tile)
            || await files.GetAsync(tile.ToString(), context.RequestAborted) is not { } content)
            return new ProblemResult(ErrorCode.NotFound);
        context.Response.Headers[HeaderNames.CacheControl] = Forever;
        return new BytesResult(content, "application/octet-stream");
    }
}
