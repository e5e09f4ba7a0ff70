using System.Text.Json;
using KeyRecovery.Api.Bodies;
using KeyRecovery.Api.RateLimiting;
using KeyRecovery.Service.Export;

namespace KeyRecovery.Api.Endpoints;

/// <summary>
/// Writes an export part by part, as the reader takes it: a piece is in memory, whatever the account has. A section
/// without parts is an empty list. Whoever reads too slowly, or whose account changes meanwhile, loses the connection,
/// and sees by the end that is missing that it is not whole.
/// </summary>
internal sealed class ExportWriter(HttpContext context, ulong now, string madeFor) : IDisposable
{
    // In the order in which they come: what a section's first part shows is which ones had none.
    private static readonly string[] Sections =
    [
        "authorities", "links", "keysets", "seals", "manifests", "trail", "items", "restorePoints", "activity",
        "lookups", "realmUsers", "realmAccounts", "realmSlots", "erasures", "stored", "notIncluded",
    ];

    private readonly Utf8JsonWriter _json = new(context.Response.BodyWriter, new JsonWriterOptions { MaxDepth = 16 });
    private int _open = -1;

    public async ValueTask WriteAsync(IAsyncEnumerable<ExportPart> parts)
    {
        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.Headers.ContentDisposition = "attachment; filename=\"account-export.json\"";
        _json.WriteStartObject();
        _json.WriteString("format", ExportResponse.FormatName);
        _json.WriteNumber("version", ExportResponse.FormatVersion);
        _json.WriteNumber("madeAt", now);
        _json.WriteString("madeFor", madeFor);
        await foreach (var part in parts)
        {
            if (part.IsElement) OpenTo(Array.IndexOf(Sections, part.Section));
            else _json.WritePropertyName(part.Section);
            JsonSerializer.Serialize(_json, part, ApiJson.Default.GetTypeInfo(part.GetType())!);
            if (_json.BytesPending >= RequestLimits.AnswerPiece && !await TryFlushAsync()) return;
        }

        OpenTo(Sections.Length);
        _json.WriteBoolean("complete", true);
        _json.WriteEndObject();
        await TryFlushAsync();
    }

    public void Dispose() => _json.Dispose();

    private void OpenTo(int section)
    {
        if (section < _open) throw new InvalidOperationException("an export's sections come in their order");
        while (_open < section)
        {
            if (_open >= 0) _json.WriteEndArray();
            if (++_open < Sections.Length) _json.WriteStartArray(Sections[_open]);
        }
    }

    private async ValueTask<bool> TryFlushAsync()
    {
        _json.Flush();
        try
        {
            await context.Response.BodyWriter.FlushAsync(context.RequestAborted).AsTask()
                .WaitAsync(RequestLimits.AnswerPieceTime, context.RequestServices.GetRequiredService<TimeProvider>());
            return true;
        }
        catch (TimeoutException)
        {
            context.Abort();
            return false;
        }
    }
}
