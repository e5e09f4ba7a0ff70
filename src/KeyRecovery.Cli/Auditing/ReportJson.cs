using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using KeyRecovery.Cli.Output;

namespace KeyRecovery.Cli.Auditing;

/// <summary>The report as programs read it. One report has one spelling.</summary>
internal static class ReportJson
{
    private static readonly ImmutableDictionary<string, AuditEvent> Events =
        Enum.GetValues<AuditEvent>().ToImmutableDictionary(Word);

    public static string Word(AuditEvent what) => Words.Kebab(what.ToString());

    public static byte[] Write(AuditReport report)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            json.WriteStartObject();
            json.WriteString("format", AuditReport.Format);
            json.WriteNumber("version", 1);
            json.WriteString("server", report.Server);
            json.WriteNumber("from", report.From);
            json.WriteNumber("to", report.To);
            json.WriteNumber("madeAt", report.MadeAt);
            json.WriteString("origin", report.Origin);
            json.WriteNumber("size", report.Size);
            json.WriteString("checkpoint", report.Checkpoint);
            json.WriteStartObject("events");
            foreach (var (what, count) in report.Events) json.WriteNumber(what, count);
            json.WriteEndObject();
            json.WriteStartArray("erasures");
            foreach (var row in report.Rows) Write(json, report, row);
            json.WriteEndArray();
            json.WriteStartArray("unexplained");
            foreach (var leaf in report.Unexplained) Write(json, leaf);
            json.WriteEndArray();
            json.WriteStartArray("jobLines");
            foreach (var line in report.Lines)
            {
                json.WriteStartObject();
                json.WriteString("job", line.Job);
                json.WriteNumber("line", line.Line);
                json.WriteString("outcome", line.Outcome);
                json.WriteBoolean("returned", line.HasReturned);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Reads a report; null where it is none.</summary>
    public static AuditReport? Read(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes);
            var root = document.RootElement;
            if (root.GetProperty("format").GetString() != AuditReport.Format
                || root.GetProperty("version").GetInt32() != 1) return null;
            return new AuditReport
            {
                Server = Text(root, "server"),
                From = root.GetProperty("from").GetUInt64(),
                To = root.GetProperty("to").GetUInt64(),
                MadeAt = root.GetProperty("madeAt").GetUInt64(),
                Origin = Text(root, "origin"),
                Size = root.GetProperty("size").GetUInt64(),
                Checkpoint = Text(root, "checkpoint"),
                Events = root.GetProperty("events").EnumerateObject()
                    .ToImmutableSortedDictionary(e => e.Name, e => e.Value.GetUInt64(), StringComparer.Ordinal),
                Rows = [.. root.GetProperty("erasures").EnumerateArray().Select(ReadRow)],
                Unexplained = [.. root.GetProperty("unexplained").EnumerateArray().Select(ReadLeaf)],
                Lines = [.. root.GetProperty("jobLines").EnumerateArray().Select(line => new ReportJobLine(
                    Text(line, "job"), line.GetProperty("line").GetInt32(), Text(line, "outcome"),
                    line.GetProperty("returned").GetBoolean()))],
            };
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException
            or FormatException or ArgumentException)
        {
            return null;
        }
    }

    private static void Write(Utf8JsonWriter json, AuditReport report, ReportRow row)
    {
        json.WriteStartObject();
        json.WriteString("erasure", row.Erasure);
        json.WriteString("requestedBy", row.RequestedBy);
        json.WriteNumber("requestedAt", row.RequestedAt);
        json.WriteNumber("heldUntil", row.DueAt);
        json.WriteStartArray("leaves");
        foreach (var leaf in row.Leaves) Write(json, leaf);
        json.WriteEndArray();
        json.WriteStartArray("receipts");
        foreach (var receipt in row.Receipts)
        {
            json.WriteStartObject();
            json.WriteNumber("level", receipt.Level);
            json.WriteString("receipt", receipt.Bytes);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("exceptions");
        foreach (var exception in report.ExceptionsOf(row)) json.WriteStringValue(exception);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, ReportLeaf leaf)
    {
        json.WriteStartObject();
        json.WriteString("event", Word(leaf.Event));
        json.WriteNumber("index", leaf.Index);
        json.WriteNumber("time", leaf.Time);
        json.WriteEndObject();
    }

    private static ReportRow ReadRow(JsonElement row) => new(
        Text(row, "erasure"), Text(row, "requestedBy"), row.GetProperty("requestedAt").GetUInt64(),
        row.GetProperty("heldUntil").GetUInt64(), [.. row.GetProperty("leaves").EnumerateArray().Select(ReadLeaf)],
        [.. row.GetProperty("receipts").EnumerateArray().Select(receipt => new ReportReceipt(
            receipt.GetProperty("level").GetInt32(), Text(receipt, "receipt")))]);

    private static ReportLeaf ReadLeaf(JsonElement leaf) => new(
        Events.TryGetValue(Text(leaf, "event"), out var what) ? what : throw new FormatException("no such event"),
        leaf.GetProperty("index").GetUInt64(), leaf.GetProperty("time").GetUInt64());

    private static string Text(JsonElement element, string name) =>
        element.GetProperty(name).GetString() ?? throw new FormatException("a text is due here");
}
