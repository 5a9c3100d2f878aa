/**
 * For Windows PowerShell 5.1 and later, which drops empty arguments before 7.3. Where nothing is
 * answered it offers paths by itself. It takes the typographic single quotes for quotes as well.
 */
export const POWERSHELL = String.raw`# PowerShell completion of claude-orchestrator
Register-ArgumentCompleter -Native -CommandName claude-orchestrator, cco -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $elements = @($commandAst.CommandElements | Where-Object { $_.Extent.StartOffset -lt $cursorPosition })
    $words = @($elements | ForEach-Object {
        if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value }
        else { $_.Extent.Text }
    })
    if ($elements[-1].Extent.EndOffset -lt $cursorPosition) {
        $keepsEmpty = $PSNativeCommandArgumentPassing -and $PSNativeCommandArgumentPassing -ne 'Legacy'
        $words += $(if ($keepsEmpty) { '' } else { '""' })
    }
    $program = $words[0]
    if (-not (Get-Command $program -ErrorAction SilentlyContinue)) { $program = 'claude-orchestrator' }
    $arguments = @('__complete', '--') + @($words | Select-Object -Skip 1)
    & $program @arguments 2>$null | ForEach-Object {
        $word, $about = $_ -split [char]9, 2
        if ($word -eq ':file' -or $word -eq ':directory') { return }
        $text = $word
        if ($word -notmatch '^[A-Za-z0-9./_=:-]+$') {
            $text = "'" + ($word -replace "['\u2018\u2019\u201a\u201b]", '$0$0') + "'"
        }
        if (-not $about) { $about = $word }
        [System.Management.Automation.CompletionResult]::new($text, $word, 'ParameterValue', $about)
    }
}
`;
